"""The node's key: one 256-bit secret in `keys/node.key`, from which every other node-wide key is derived.

The key opens the database and wraps the members' own keys. It is written once, when a node is set up, and never
overwritten. Everything here fails closed: a key that is missing, malformed or readable by others is refused with
a sentence that says what to do.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from community_ai.core.home import FILE_MODE, Home

KEY_BYTES = 32
KEY_FILE = "node.key"


class KeyStoreError(Exception):
    """The node's key cannot be used; the text is a sentence for the operator."""


class KeyMissing(KeyStoreError):
    pass


class KeyExposed(KeyStoreError):
    pass


class KeyMalformed(KeyStoreError):
    pass


class KeyWrong(KeyStoreError):
    pass


class KeyExists(KeyStoreError):
    pass


@dataclass(frozen=True)
class NodeKey:
    """The root secret. `repr` never shows it."""

    secret: bytes = field(repr=False)

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose (1 to 16 ASCII characters).

        BLAKE2b keyed with the root secret, the purpose as its personalisation (RFC 7693, section 2.5): keys for two
        purposes are independent, and none reveals the root.
        """
        person = purpose.encode("ascii")
        if not 1 <= len(person) <= hashlib.blake2b.PERSON_SIZE:
            raise ValueError(f"purpose must be 1 to {hashlib.blake2b.PERSON_SIZE} ASCII characters: {purpose!r}")
        return hashlib.blake2b(b"community-ai", digest_size=KEY_BYTES, key=self.secret, person=person).digest()


def key_path(home: Home) -> Path:
    return home.keys / KEY_FILE


def load_node_key(home: Home) -> NodeKey:
    """Read the key. Raises KeyMissing, KeyExposed or KeyMalformed; never creates or changes anything."""
    path = key_path(home)
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        folder_mode = stat.S_IMODE(path.parent.stat().st_mode)
        text = path.read_text("ascii", errors="replace").strip()
    except FileNotFoundError:
        raise KeyMissing(_missing_sentence(home)) from None
    except OSError as error:
        raise KeyMissing(
            f"The node's key {path} cannot be read ({error.strerror}). Run as the user who owns it."
        ) from None
    if mode & 0o077:
        raise KeyExposed(
            f"The node's key {path} can be read by other users of this computer (mode {mode:04o}). "
            f"Close it with: chmod 600 '{path}'"
        )
    if folder_mode & 0o077:
        raise KeyExposed(
            f"The folder of the node's key {path.parent} is open to other users of this computer "
            f"(mode {folder_mode:04o}). Close it with: chmod 700 '{path.parent}'"
        )
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise KeyMalformed(
            f"The node's key {path} is damaged: it must hold {KEY_BYTES * 2} hexadecimal characters. "
            "Put back the copy from your recovery kit or backup. Nothing was changed."
        )
    return NodeKey(secret)


def create_node_key(home: Home) -> NodeKey:
    """Write a new key for a new node. Raises KeyExists when there is one, KeyMissing when a database waits for one."""
    path = key_path(home)
    if path.exists():
        raise KeyExists(f"There is a key at {path} already. It is never overwritten.")
    if home.database.exists():
        raise KeyMissing(_missing_sentence(home))
    secret = secrets.token_bytes(KEY_BYTES)
    # O_EXCL: two set-ups at once cannot both write; the mode is right from the first byte on.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return NodeKey(secret)


def _missing_sentence(home: Home) -> str:
    path = key_path(home)
    if home.database.exists():
        return (
            f"The node's key {path} is missing, and the database {home.database} cannot be opened without it. "
            "Put the key back from your recovery kit or backup. Nothing was changed."
        )
    return f"There is no node at {home.root} yet. Start one with `make run`, or with `manage.py setup`."
