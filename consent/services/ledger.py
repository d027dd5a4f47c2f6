"""The erasure ledger: the file `HOME/ledger/erasures`, which only grows and outlives the database.

A line is on the disk (fsync) before what it says is carried out, so an erasure that was interrupted is finished, and
one that an older backup does not know is made again (`services.erasure.replay`). Several processes append in turn.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from nacl.encoding import HexEncoder
from nacl.signing import SigningKey

from community_ai.core.home import FILE_MODE, FOLDER_MODE
from community_ai.core.keystore import KeyStoreError
from consent.ledger_lines import BEGINNING, ChainBroken, Line, LineDamaged, What, check_chain, read_line, signed

FILE = "erasures"
_BLOCK = 64 * 1024


class LedgerDamaged(Exception):
    """The file cannot be read or does not verify; the text says where."""


def path() -> Path:
    return settings.HOME.ledger / FILE


def read() -> list[Line]:
    """All lines, the oldest first, each with a signature that holds; none without a file. Raises LedgerDamaged.

    A last line without its end was never acknowledged: it does not count.
    """
    return read_from(path())


def read_from(file: Path) -> list[Line]:
    """As `read`, from another place: the ledger inside a backup."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return []
    lines = []
    for number, raw in enumerate(data.split(b"\n")[:-1], start=1):
        try:
            lines.append(read_line(raw))
        except LineDamaged as problem:
            raise LedgerDamaged(f"{file} is damaged: line {number}: {problem}") from None
    return lines


def verified() -> list[Line]:
    """All lines, after checking the chain up to this node's key. Raises LedgerDamaged."""
    lines = read()
    try:
        check_chain(lines, key=public_key())
    except ChainBroken as problem:
        raise LedgerDamaged(f"{path()} does not verify: {problem}") from None
    return lines


def line_in(text: str) -> Line:
    """A line that the database keeps. Raises LedgerDamaged."""
    try:
        return read_line(text.encode())
    except LineDamaged as problem:
        raise LedgerDamaged(f"a line that the database keeps is damaged: {problem}") from None


def append(*, what: What, member_id: int, mark: str, facts: Mapping[str, Any], now: datetime) -> Line:
    """Add a line, and return it once it is on the disk. Raises LedgerDamaged, KeyStoreError and OSError."""
    with _opened() as descriptor:
        end = _cut_unfinished(descriptor)
        before = _last(descriptor, end)
        line = signed(
            number=before.number + 1 if before else 1,
            previous=before.digest if before else BEGINNING,
            at=now,
            what=what,
            member_id=member_id,
            mark=mark,
            facts=facts,
            key=signing_key(),
        )
        _write(descriptor, line.raw + b"\n", end)
    return line


def merge(other: Path) -> int:
    """Take over lines of another copy that goes on where ours ends; how many came. Whichever is longer stays.

    For a restore: the ledger in a backup may be the only one, and a newer one is never replaced by an older. Raises
    LedgerDamaged when one is not the beginning of the other, or one of them is damaged.
    """
    theirs = read_from(other)
    try:
        check_chain(theirs)
    except ChainBroken as problem:
        raise LedgerDamaged(f"{other} does not verify: {problem}") from None
    with _opened() as descriptor:
        end = _cut_unfinished(descriptor)
        ours = read()
        if any(a.raw != b.raw for a, b in zip(ours, theirs, strict=False)):
            raise LedgerDamaged(f"{other} and {path()} tell two different stories")
        more = theirs[len(ours) :]
        if more:
            _write(descriptor, b"".join(line.raw + b"\n" for line in more), end)
    return len(more)


def complete(known: Sequence[Line]) -> int:
    """Write again what the database knows (all lines from the first on) and an older file lacks; how many that were.

    Otherwise new lines would get numbers that were given before. Nothing is written where both differ. Raises
    LedgerDamaged.
    """
    with _opened() as descriptor:
        end = _cut_unfinished(descriptor)
        ours = read()
        more = known[len(ours) :]
        try:
            check_chain([*ours, *more], key=public_key())
        except ChainBroken:
            return 0
        if more:
            _write(descriptor, b"".join(line.raw + b"\n" for line in more), end)
    return len(more)


def signing_key() -> SigningKey:
    """The key that signs lines; it stays when other keys of the node are rotated. Raises KeyStoreError."""
    if isinstance(settings.NODE_KEY, KeyStoreError):
        raise settings.NODE_KEY
    return SigningKey(settings.NODE_KEY.derive("erasure-ledger"))


def public_key() -> str:
    return signing_key().verify_key.encode(HexEncoder).decode("ascii")


@contextmanager
def _opened() -> Iterator[int]:
    path().parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    descriptor = os.open(path(), os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _cut_unfinished(descriptor: int) -> int:
    """Cut off what was being written when the power went away; returns where the file ends."""
    end = os.fstat(descriptor).st_size
    whole = end
    while whole:
        start = max(0, whole - _BLOCK)
        place = os.pread(descriptor, whole - start, start).rfind(b"\n")
        if place >= 0:
            whole = start + place + 1
            break
        whole = start
    if whole != end:
        os.ftruncate(descriptor, whole)
    return whole


def _last(descriptor: int, end: int) -> Line | None:
    if not end:
        return None
    start, tail = end, b""
    while start and b"\n" not in tail[:-1]:
        step = min(_BLOCK, start)
        start -= step
        tail = os.pread(descriptor, step, start) + tail
    try:
        return read_line(tail[:-1].rpartition(b"\n")[2])
    except LineDamaged as problem:
        raise LedgerDamaged(f"{path()} is damaged: its last line: {problem}") from None


def _write(descriptor: int, data: bytes, place: int) -> None:
    while data:
        written = os.pwrite(descriptor, data, place)
        data, place = data[written:], place + written
    os.fsync(descriptor)
    folder = os.open(path().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
