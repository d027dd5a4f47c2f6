"""Changes of the node's key file, one at a time: each replaces the file as a whole.

    new root secret      -> every member's key is wrapped anew -> the old root secrets go
    new database key     -> the database is in it              -> the old database key goes

Whoever was killed between two steps goes on where the file says that it was.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from community_ai.core.home import FILE_MODE, FOLDER_MODE, Home
from community_ai.core.key_file import KeyContent, SealedContent, encode, encode_sealed
from community_ai.core.keystore import KeyStoreError, read_key_file, replace_key_file

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


def change_keys(
    home: Home, change: Callable[[KeyContent], KeyContent], *, opening_key: bytes | None = None
) -> KeyContent:
    """Read the file, change what it holds, and write it as open or closed as it was. Called within `keys_changing`.

    Raises KeyStoreError, and DoesNotOpen when `opening_key` is not that of the passphrase.
    """
    held = read_key_file(home)
    if isinstance(held, SealedContent):
        if opening_key is None:
            raise KeyStoreError("The node's key is closed with a passphrase.")
        content = change(held.open(opening_key))
        replace_key_file(home, encode_sealed(content, key=opening_key, limits=held.limits))
    else:
        content = change(held)
        replace_key_file(home, encode(content))
    return content
