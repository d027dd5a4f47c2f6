"""The checkpoints outside the database: a file that only grows, so that an older database is found out.

One line for each checkpoint, `{"made_at": "...", "note": "..."}`, in `HOME/audit/checkpoints`, mode 0600, on the disk
(fsync) before the checkpoint is in the database.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from community_ai.core.home import FILE_MODE, FOLDER_MODE
from governance.audit.canonical import canonical, parse
from governance.audit.leaf import timestamp

FILE = "checkpoints"
_LONGEST_LINE = 8 * 1024


class FileDamaged(Exception):
    """A line of the file cannot be read; the text says which."""


@dataclass(frozen=True)
class Kept:
    """One line of the file: the signed note and when it was made (RFC 3339, UTC)."""

    note: str
    made_at: str


def path() -> Path:
    return settings.HOME.audit / FILE


def read() -> list[Kept]:
    """All lines, the oldest first; none when there is no file. Raises FileDamaged.

    A last line without its end was never acknowledged (the power went away while it was written): it does not count.
    """
    try:
        data = path().read_bytes()
    except FileNotFoundError:
        return []
    return [read_line(line, number) for number, line in enumerate(data.split(b"\n")[:-1], start=1)]


@contextmanager
def opened() -> Iterator[CheckpointFile]:
    """The file, made if it is missing, locked against other processes until the block ends."""
    path().parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    descriptor = os.open(path(), os.O_RDWR | os.O_CREAT | os.O_APPEND, FILE_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield CheckpointFile(descriptor)
    finally:
        os.close(descriptor)


class CheckpointFile:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def last(self) -> Kept | None:
        """The newest line. Raises FileDamaged."""
        end = os.fstat(self._descriptor).st_size
        tail = os.pread(self._descriptor, 2 * _LONGEST_LINE, max(0, end - 2 * _LONGEST_LINE))
        whole = tail.rpartition(b"\n")[0]
        return read_line(whole.rpartition(b"\n")[2]) if whole else None

    def append(self, note: str, *, made_at: datetime) -> Kept:
        """Add a line, and return it once it is on the disk."""
        end = os.fstat(self._descriptor).st_size
        tail = os.pread(self._descriptor, _LONGEST_LINE, max(0, end - _LONGEST_LINE))
        unfinished = len(tail) - tail.rfind(b"\n") - 1
        if unfinished:
            os.ftruncate(self._descriptor, end - unfinished)
        kept = Kept(note=note, made_at=timestamp(made_at))
        os.write(self._descriptor, canonical({"made_at": kept.made_at, "note": kept.note}) + b"\n")
        os.fsync(self._descriptor)
        folder = os.open(path().parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return kept


def read_line(line: bytes, number: int = -1) -> Kept:
    """What one line says, without its end; `number` is named in the error, -1 for the last. Raises FileDamaged."""
    try:
        value = parse(line)
        kept = Kept(note=value["note"], made_at=value["made_at"])
        if value.keys() != {"note", "made_at"} or canonical(value) != line or not isinstance(kept.note, str):
            raise ValueError
        datetime.fromisoformat(kept.made_at)
    except (ValueError, TypeError, KeyError):
        where = "its last line" if number < 0 else f"line {number}"
        raise FileDamaged(f"{path()} is damaged: {where} cannot be read") from None
    return kept
