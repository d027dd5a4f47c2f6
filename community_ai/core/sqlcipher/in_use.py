"""Which processes have the database file open: each holds a shared lock in `run/` until it ends.

Whoever puts another file in its place (a new key, a backup) needs it alone.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from community_ai.core.home import FILE_MODE, FOLDER_MODE, Home
from community_ai.core.keystore import KeyStoreError

LOCK_FILE = "database.lock"

_lock = threading.Lock()
# The lock's descriptor in this process and its forks, or none.
_held: int | None = None


class DatabaseInUse(KeyStoreError):
    pass


class DatabaseTaken(KeyStoreError):
    pass


def hold_shared(home: Home) -> None:
    """This process uses the database from now on. Raises DatabaseTaken while somebody has it alone."""
    global _held
    with _lock:
        if _held is None:
            descriptor = _open(home)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise DatabaseTaken(
                    "The database is being given another key, or put back from a backup. Try again when that is done."
                ) from None
            _held = descriptor


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """No other process has the database open, and none can open it. Raises DatabaseInUse.

    This process's own connections must be closed before.
    """
    global _held
    with _lock:
        descriptor = _open(home) if _held is None else _held
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if _held is None:
                os.close(descriptor)
            else:  # asking for more gave up what this process had
                fcntl.flock(descriptor, fcntl.LOCK_SH)
            raise DatabaseInUse("The node is running: stop it first, and every other command that uses it.") from None
        _held = descriptor
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_SH)


def _open(home: Home) -> int:
    home.run.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    return os.open(home.run / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
