"""The folder of backups: names of files, room, the lock, and what an interrupted run left behind.

What is not complete never looks like a backup: it is written beside, put on the disk, and renamed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from community_ai.core.home import FILE_MODE, FOLDER_MODE
from consent.backups.refusals import Busy, CannotWrite, NoRoom

SUFFIX = ".backup"
PART = ".part"
SCRATCH = ".scratch-"
LOCK = ".lock"
MARGIN_BYTES = 64 << 20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def folder() -> Path:
    return settings.BACKUP_FOLDER


def file_name(backup: uuid.UUID, *, made_at: datetime) -> str:
    """Sorted by name they are sorted by time."""
    return f"community-ai-{made_at:%Y%m%d-%H%M%S}-{backup.hex[:8]}{SUFFIX}"


def newest_file() -> Path | None:
    found = sorted(folder().glob(f"*{SUFFIX}"))
    return found[-1] if found else None


@contextmanager
def locked(place: Path) -> Iterator[None]:
    """Nobody else makes or tries a backup in this folder meanwhile; a killed process lets go. Raises Busy."""
    with troubles_told():
        place.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        lock = (place / LOCK).open("a", encoding="ascii")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield


def is_locked(place: Path) -> bool:
    """Whether somebody makes or tries a backup there now."""
    try:
        with locked(place):
            return False
    except Busy:
        return True


def clear_remains(place: Path) -> None:
    """Remove what an interrupted run left. Called by who holds the lock."""
    for path in place.glob(f"*{SUFFIX}{PART}"):
        path.unlink(missing_ok=True)
    for path in place.glob(f"{SCRATCH}*"):
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def scratch(place: Path) -> Iterator[Path]:
    """A folder on the same disk that is gone afterwards."""
    path = place / f"{SCRATCH}{uuid.uuid4().hex[:12]}"
    with troubles_told():
        path.mkdir(mode=FOLDER_MODE)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def require_room(place: Path, needed: int) -> None:
    """Raises NoRoom when fewer than `needed` bytes, and a margin, are free."""
    if shutil.disk_usage(place).free < needed + MARGIN_BYTES:
        raise NoRoom


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that is there, complete and on the disk, once the block has ended well; else it is not there."""
    part = path.with_name(path.name + PART)
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        sync(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def sync(place: Path) -> None:
    """Put a folder's own entries on the disk."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def troubles_told() -> Iterator[None]:
    """Turn what the system says about disks into NoRoom and CannotWrite."""
    try:
        yield
    except OSError as error:
        raise (NoRoom if error.errno in _NO_ROOM else CannotWrite) from error
