"""A passphrase over the key file: argon2id (RFC 9106) makes the key that opens it.

The limits stand in the file, so they can grow with the years. MODERATE of libsodium: three passes over 256 MB, a second
or two on our computers; SENSITIVE's 1 GB would push the model of a small computer out of its memory.
"""

from __future__ import annotations

import secrets
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

from nacl.pwhash import argon2id

from community_ai.core.home import FILE_MODE, FOLDER_MODE, Home
from community_ai.core.key_changes import keys_changing
from community_ai.core.key_file import (
    KEY_BYTES,
    SALT_BYTES,
    DoesNotOpen,
    KeyContent,
    Limits,
    SealedContent,
    encode,
    encode_sealed,
)
from community_ai.core.keystore import KeyMalformed, KeyStoreError, damaged_sentence, key_path, read_key_file
from community_ai.core.keystore import replace_key_file as put

OPERATIONS, MEMORY = argon2id.OPSLIMIT_MODERATE, argon2id.MEMLIMIT_MODERATE
MOST_OPERATIONS, MOST_MEMORY = 100, 4 << 30
LEAST_CHARACTERS = 12
LONGEST_PAUSE_SECONDS = 60.0
TRIES_FILE = "wrong-passphrases"


class PassphraseRefused(KeyStoreError):
    pass


class PassphraseWrong(KeyStoreError):
    pass


def new_limits(*, operations: int = OPERATIONS, memory: int = MEMORY) -> Limits:
    return Limits(operations, memory, secrets.token_bytes(SALT_BYTES))


def opening_key(passphrase: str, limits: Limits) -> bytes:
    """The 32-byte key of a passphrase. The same letters typed on another keyboard are the same (Unicode NFKC)."""
    if not argon2id.MEMLIMIT_MIN <= limits.memory <= MOST_MEMORY or limits.operations > MOST_OPERATIONS:
        raise KeyMalformed("The node's key file asks for more work than any node would: it was not written by one.")
    text = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
    return bytes(argon2id.kdf(KEY_BYTES, text, limits.salt, limits.operations, limits.memory))


def good(passphrase: str) -> str:
    """The passphrase. Raises PassphraseRefused for one that is too short."""
    if len(passphrase.strip()) < LEAST_CHARACTERS:
        raise PassphraseRefused(
            f"A passphrase needs at least {LEAST_CHARACTERS} characters. Four words that have nothing to do with each "
            "other are good."
        )
    return passphrase


def sealed(content: KeyContent, passphrase: str) -> tuple[bytes, bytes]:
    """The text of a key file that this passphrase closes, and the key that opens it."""
    limits = new_limits()
    key = opening_key(good(passphrase), limits)
    return encode_sealed(content, key=key, limits=limits), key


def key_for(home: Home, passphrase: str, *, wait: Callable[[float], None] = time.sleep) -> bytes:
    """The key that opens this node's file, after a pause that grows with each wrong passphrase before.

    Raises PassphraseWrong, and KeyStoreError when there is nothing to open.
    """
    held = read_key_file(home)
    if not isinstance(held, SealedContent):
        raise PassphraseRefused("This node has no passphrase: it opens by itself.")
    tries = home.run / TRIES_FILE
    wait(_pause(tries))
    key = opening_key(passphrase, held.limits)
    try:
        held.open(key)
    except DoesNotOpen:
        _count(tries)
        raise PassphraseWrong("This is not the passphrase of this node. Nothing was changed.") from None
    except ValueError:
        raise KeyMalformed(damaged_sentence(key_path(home))) from None
    tries.unlink(missing_ok=True)
    return key


def set_passphrase(home: Home, passphrase: str) -> bytes:
    """Close an open key file; returns the key that opens it now. Raises PassphraseRefused and KeyStoreError."""
    with keys_changing(home):
        held = read_key_file(home)
        if isinstance(held, SealedContent):
            raise PassphraseRefused("This node has a passphrase already: `manage.py passphrase change`.")
        text, key = sealed(held, passphrase)
        put(home, text)
    return key


def change_passphrase(home: Home, key: bytes, passphrase: str) -> bytes:
    """Close the file with another passphrase; `key` opens it until then. Returns the new key."""
    with keys_changing(home):
        text, fresh = sealed(_opened(home, key), passphrase)
        put(home, text)
    return fresh


def remove_passphrase(home: Home, key: bytes) -> None:
    """Leave the key file open, so that the node starts by itself."""
    with keys_changing(home):
        put(home, encode(_opened(home, key)))


def _opened(home: Home, key: bytes) -> KeyContent:
    held = read_key_file(home)
    if isinstance(held, KeyContent):
        raise PassphraseRefused("This node has no passphrase.")
    try:
        return held.open(key)
    except DoesNotOpen:
        raise PassphraseWrong("This is not the passphrase of this node. Nothing was changed.") from None


def pause_after(wrong: int) -> float:
    """Seconds before the next passphrase is looked at: 0, 1, 2, 4 ... 60."""
    return min(2.0 ** (wrong - 1), LONGEST_PAUSE_SECONDS) if wrong else 0.0


def _pause(tries: Path) -> float:
    try:
        wrong, since = len(tries.read_bytes()), time.time() - tries.stat().st_mtime
    except FileNotFoundError:
        return 0.0
    pause = pause_after(min(wrong, 10))
    return pause - min(max(since, 0.0), pause)


def _count(tries: Path) -> None:
    """One byte for each wrong passphrase."""
    tries.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
    with tries.open("ab") as file:
        tries.chmod(FILE_MODE)
        file.write(b".")
