"""A restored folder takes the place of the present one, in one step, while no node runs in either.

A process that is killed before that step leaves the present folder as it was, and a marked folder that the next attempt
removes. After it the new one is in place; what is left to do is to give the old one its name.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from community_ai.core.home import Home
from community_ai.core.sqlcipher import in_use
from consent.backups.refusals import BackupRefused, Busy, CannotWrite
from consent.services import postgresql_databases
from consent.services.backup_folder import sync, written_whole

MARK = "restoring.json"
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100
_NOT_OFFERED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


class NodeRuns(BackupRefused):
    code = "runs"

    def __init__(self) -> None:
        super().__init__(_("This node is running. Stop it first, then try again."))


class CannotMoveAside(BackupRefused):
    code = "cannot-move"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The data folder cannot be renamed, so nothing was changed: it may be the root of a disk, or the "
                "folder around it may be somebody else's. Please restore into another folder."
            )
        )


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Two restores into one folder wait for each other: the second refuses. Raises Busy, CannotWrite."""
    home.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock = home.with_name(f".{home.name}.restore.lock").open("a", encoding="ascii")
    except OSError:
        raise CannotWrite from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield


@contextmanager
def stopped(home: Home) -> Iterator[None]:
    """Nobody uses this folder's database, and nobody can begin to. Raises NodeRuns."""
    _require_stopped(home)
    if not home.run.is_dir():
        yield
        return
    try:
        with in_use.alone(home):
            yield
    except in_use.DatabaseInUse:
        raise NodeRuns from None


def _require_stopped(home: Home) -> None:
    """Raises NodeRuns when the supervisor or the worker of this folder lives."""
    lock = home.run / "up.lock"
    if lock.exists():
        with lock.open("a", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise NodeRuns from None
    if home.worker_socket.exists():
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(home.worker_socket))
            except OSError:
                return
        raise NodeRuns


def require_renameable(home: Path) -> None:
    if home.is_mount() or home.is_symlink() or not os.access(home.parent, os.W_OK):
        raise CannotMoveAside


def put_on_disk(root: Path) -> None:
    for place, _folders, names in os.walk(root):
        for name in names:
            path = Path(place) / name
            if path.is_symlink() or not path.is_file():
                continue
            with path.open("rb") as file:
                os.fsync(file.fileno())
        sync(Path(place))


def finish_earlier(home: Path, new: Path) -> None:
    """What an earlier attempt left: an unfinished folder goes, a former node gets its name, a mark goes.

    With PostgreSQL, one that was killed between the two exchanges is finished: its database is ours already.
    """
    if new.exists():
        if (new / MARK).exists():
            database = _marked(new)
            if database and not postgresql_databases.exists(database) and not (new / "database").exists():
                take_place(home, new)
                return
            if database:
                postgresql_databases.drop(database)
            shutil.rmtree(new)
        else:
            new.rename(_aside(home))
    (home / MARK).unlink(missing_ok=True)


def mark(new: Path, *, database: str) -> None:
    """Say that the folder is no node yet, and which database on a server belongs to it."""
    with written_whole(new / MARK) as file:
        file.write(json.dumps({"database": database}).encode("ascii"))


def _marked(new: Path) -> str:
    try:
        return str(json.loads((new / MARK).read_bytes())["database"])
    except (ValueError, KeyError):
        return ""


def _aside(home: Path) -> Path:
    number = 1
    while (path := home.with_name(f"{home.name}.before-restore-{number}")).exists():
        number += 1
    return path


def take_place(home: Path, new: Path) -> Path | None:
    """Put the new folder in the old one's place; the old one's name afterwards, None when there was none."""
    if not home.exists() or not any(home.iterdir()):
        if home.exists():
            home.rmdir()
        new.rename(home)
        aside = None
    else:
        exchange(new, home)
        aside = _aside(home)
        new.rename(aside)
    (home / MARK).unlink()
    sync(home.parent)
    return aside


def exchange(one: Path, other: Path) -> None:
    """Swap the names of two folders in one step (Linux, renameat2(2) with RENAME_EXCHANGE).

    Raises CannotMoveAside where the system cannot.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    answer = libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    if answer:
        number = ctypes.get_errno()
        raise CannotMoveAside if number in _NOT_OFFERED else OSError(number, os.strerror(number))
