"""Opening a backup: its head, its key, and taking out its files into a folder where nothing else is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from django.db.migrations.loader import MigrationLoader

from community_ai.core.home import FILE_MODE, FOLDER_MODE
from community_ai.core.keystore import NodeKey
from consent.backups import keys
from consent.backups.contents import Manifest, Unpacking
from consent.backups.head import Head, read_head
from consent.backups.names import ROWS
from consent.backups.recovery_code import key_of_code
from consent.backups.refusals import (
    BackupCutShort,
    CannotWrite,
    IsAnExport,
    KeysRotated,
    NewerBackup,
    NoFile,
    NoRecovery,
    NotThisCode,
    NotThisKey,
)
from consent.backups.stream import Opening
from consent.services.backup_folder import sync, troubles_told

LOCK_PURPOSE = "backup-lock"


@dataclass(frozen=True)
class Opened:
    """A backup whose key was found. `node_key` is the exported key of its node: out of the backup itself, if the
    recovery code opened it (`by_code`)."""

    head: Head
    path: Path
    stream_key: bytes = field(repr=False)
    node_key: bytes = field(repr=False)
    by_code: bool


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise NoFile from None
    except PermissionError:
        raise CannotWrite from None


def head_of(path: Path) -> Head:
    """Raises BackupRefused; NewerBackup also for a database that this version of the software does not know."""
    with _file(path) as file:
        head, _ = read_head(file)
    require_known(head)
    return head


def require_known(head: Head) -> None:
    """Raises NewerBackup."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    if any((app, name) not in known for app, name in head.migrations.items()):
        raise NewerBackup


def open_with_node(path: Path, *, node: NodeKey) -> Opened:
    """With the node's own key. Raises BackupRefused: KeysRotated when the database in it needs an older key file."""
    head, own = head_of(path), node.derive(LOCK_PURPOSE)
    if head.key_id != keys.node_key_id(own):
        raise NotThisKey
    if head.key_state != keys.key_file_digest(node.exported(), node_key=own):
        raise KeysRotated
    stream_key = keys.open_for_node(head.locked_for_node, node_key=own, backup=head.backup)
    return Opened(head, path, stream_key, node.exported(), by_code=False)


def open_with_code(path: Path, *, code: str) -> Opened:
    """With the recovery code that was valid when it was made. Raises BackupRefused, CodeMistyped among it."""
    head = head_of(path)
    key = key_of_code(code)
    if not head.kit_id:
        raise NoRecovery
    if head.kit_id != key.key_id:
        raise NotThisCode
    stream_key = keys.open_with_recovery(head.sealed_to_recovery, key=key)
    return Opened(head, path, stream_key, keys.open_with_recovery(head.sealed_node_key, key=key), by_code=True)


def look_through(opened: Opened) -> Manifest:
    """Read and check every byte, and write nothing. Raises BackupDamaged, BackupCutShort."""
    for _, _, blocks in (unpacking := Unpacked(opened)).files():
        for _ in blocks:
            pass
    return unpacking.manifest


def take_out(opened: Opened, *, into: Path) -> Manifest:
    """Write the files below `into`, each on the disk. Raises BackupRefused; what was written so far stays.

    IsAnExport among it: its rows never lie on a disk in the clear.
    """
    if opened.head.database == ROWS:
        raise IsAnExport
    unpacking = Unpacked(opened)
    folders = {into}
    with troubles_told():
        for name, mode, blocks in unpacking.files():
            path = write_out(into / name, mode=mode, blocks=blocks)
            folders |= {parent for parent in path.parents if into in (parent, *parent.parents)}
        for folder in folders:
            sync(folder)
    return unpacking.manifest


def write_out(path: Path, *, mode: int, blocks: Iterator[bytes]) -> Path:
    """One file, on the disk; its folder's own entry is not yet. Raises OSError, BackupRefused."""
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    # O_EXCL and O_NOFOLLOW: a fresh folder holds no links, and nothing is ever written over.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, (mode or FILE_MODE) & 0o700), "wb") as file:
        for block in blocks:
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return path


class Unpacked:
    """The files of a backup, one after the other; `manifest` is there at the end."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._unpacking: Unpacking | None = None

    def files(self) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        with _file(self._opened.path) as file:
            _, start = read_head(file)
            self._unpacking = Unpacking(Opening(file, key=self._opened.stream_key, head=start))
            yield from self._unpacking.files()

    @property
    def manifest(self) -> Manifest:
        if self._unpacking is None or self._unpacking.manifest is None:
            raise BackupCutShort
        return self._unpacking.manifest
