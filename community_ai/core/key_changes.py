"""Changes of the node's keys happen one at a time. `NodeKey.change` replaces the file as a whole, step by step:

    new root secret      -> every member's key is wrapped anew -> the old root secrets go
    new database key     -> the database is in it              -> the old database key goes

Whoever was killed between two steps goes on where the file says that it was.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from community_ai.core.home import FILE_MODE, FOLDER_MODE, Home
from community_ai.core.keystore import KeyStoreError

LOCK_FILE = "keys.lock"


class KeysBusy(KeyStoreError):
    pass


@contextmanager
def keys_changing(home: Home) -> Iterator[None]:
    """Nobody else changes keys meanwhile, and nobody copies them. Raises KeysBusy."""
    with _locked(home, fcntl.LOCK_EX, "The keys are being changed or copied already; try again when that is done."):
        yield


@contextmanager
def keys_still(home: Home) -> Iterator[None]:
    """Nobody changes keys meanwhile: for copying the database together with its keys. Raises KeysBusy."""
    with _locked(home, fcntl.LOCK_SH, "The keys are being changed; try again when that is done."):
        yield


@contextmanager
def _locked(home: Home, kind: int, sentence: str) -> Iterator[None]:
    home.run.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    with (home.run / LOCK_FILE).open("a", encoding="ascii") as lock:
        (home.run / LOCK_FILE).chmod(FILE_MODE)
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KeysBusy(sentence) from None
        yield
