"""The node's key: root secrets of 256 bits in `keys/node.key`, from which every other node-wide key is derived.

The key opens the database and wraps the members' own keys. It is written when a node is set up, and replaced only as a
whole by what it holds and more (`key_changes`). Everything here fails closed: a key that is missing, malformed, locked
or readable by others is refused with a sentence that says what to do.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from community_ai.core.home import FILE_MODE, Home
from community_ai.core.key_file import (
    DATABASE,
    DJANGO_SECRET,
    Damaged,
    DoesNotOpen,
    KeyContent,
    SealedContent,
    decode,
    encode,
    encode_sealed,
    new_content,
)

KEY_FILE = "node.key"


class KeyStoreError(Exception):
    """The node's key cannot be used; the text is a sentence for the operator."""

    ABOUT_THE_PROGRAM = True  # its words may stand in a log (core.logs)


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


class KeyLocked(KeyStoreError):
    """A passphrase closes the key, and nobody has opened it."""


class NodeKey:
    """The key as it was read last. `repr` never shows it; any thread may use it.

    A process that runs while keys are rotated learns of it by `refresh`, which it does wherever it wraps a key, and
    wherever it meets a version that it does not know.
    """

    def __init__(self, content: KeyContent | bytes, *, file: _KeyFile | None = None) -> None:
        self._content = KeyContent({1: content}) if isinstance(content, bytes) else content
        self._file = file
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<NodeKey version {self.version}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NodeKey) and other._content == self._content

    __hash__ = None  # type: ignore[assignment]

    @property
    def content(self) -> KeyContent:
        return self._content

    @property
    def secret(self) -> bytes:
        return self._content.secrets[self.version]

    @property
    def version(self) -> int:
        """The version of the root secret that wraps members' keys."""
        return self._content.version

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose (1 to 16 ASCII characters), the same for as long as this node lives.

        Only "personal-keys" (`wrapping_key`) changes while the node runs, and "database" and "django-secret" while it
        is stopped (`manage.py rotate_keys`). Keys for two purposes are independent, and none reveals the root.
        """
        return self._content.derive(purpose)

    def database_keys(self) -> tuple[bytes, ...]:
        """The keys that may open the database, newest first: two only when a change of its key was interrupted."""
        return self._content.all_of(DATABASE)

    def django_secrets(self) -> tuple[str, ...]:
        """Django's secret and the older ones that stay valid (SECRET_KEY_FALLBACKS), newest first."""
        return tuple(key.hex() for key in self._content.all_of(DJANGO_SECRET))

    def wrapping_key(self, version: int) -> bytes:
        """What wraps members' keys under that version of the root secret. Raises KeyWrong when there is none."""
        if version not in self._content.secrets:
            self.refresh()
        try:
            return self._content.wrapping_key(version)
        except KeyError:
            raise KeyWrong(
                f"A member's key was wrapped with version {version} of the node's key, which {KEY_FILE} does not hold: "
                "it is an older or a newer copy. Put back the key that belongs to this database."
            ) from None

    def refresh(self) -> None:
        """Read the file again if it was replaced. Raises KeyStoreError."""
        if self._file is not None:
            with self._lock:
                self._content = self._file.read()

    def change(self, change: Callable[[KeyContent], KeyContent]) -> None:
        """Put `change` of what the file holds in its place, within `keys_changing`. Raises KeyStoreError."""
        if self._file is None:
            raise KeyMissing("This key was not read from a file: there is nothing to change.")
        with self._lock:
            self._content = self._file.replace(change)

    def exported(self) -> bytes:
        """The text of an open key file that holds everything: for a copy that is itself encrypted."""
        return encode(self._content)


def key_from(exported: bytes) -> NodeKey:
    """The key of such a copy, not bound to a file. Raises KeyMalformed."""
    try:
        content = decode(exported)
    except Damaged:
        content = None
    if not isinstance(content, KeyContent):
        raise KeyMalformed("This is not a copy of a node's key, or it is damaged.")
    return NodeKey(content)


def key_path(home: Home) -> Path:
    return home.keys / KEY_FILE


def read_key_file(home: Home) -> KeyContent | SealedContent:
    """What the file holds. Raises KeyMissing, KeyExposed or KeyMalformed; never creates or changes anything."""
    path = key_path(home)
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        folder_mode = stat.S_IMODE(path.parent.stat().st_mode)
        data = path.read_bytes()
    except FileNotFoundError:
        raise KeyMissing(missing_sentence(home)) from None
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
        return decode(data)
    except Damaged:
        raise KeyMalformed(damaged_sentence(path)) from None


def is_sealed(home: Home) -> bool:
    """Whether a passphrase closes the key. Raises KeyStoreError."""
    return isinstance(read_key_file(home), SealedContent)


def load_node_key(home: Home, *, opening_key: Callable[[], bytes | None] = lambda: None) -> NodeKey:
    """Read the key. `opening_key` gives what argon2id made from the passphrase, if somebody typed it.

    Raises KeyMissing, KeyExposed, KeyMalformed or KeyLocked; never creates or changes anything.
    """
    file = _KeyFile(home, opening_key)
    return NodeKey(file.read(), file=file)


class _KeyFile:
    """Reads the file, and again only when it is another one than before."""

    def __init__(self, home: Home, opening_key: Callable[[], bytes | None]) -> None:
        self._home, self._opening_key = home, opening_key
        self._seen: tuple[int, ...] = ()
        self._content: KeyContent | None = None

    def read(self) -> KeyContent:
        seen = self._state()
        if self._content is None or seen != self._seen:
            self._content, _encode = self._open()
            self._seen = seen
        return self._content

    def replace(self, change: Callable[[KeyContent], KeyContent]) -> KeyContent:
        """The file stays open or closed with the same passphrase, as it was."""
        content, encode_as_it_was = self._open()
        replace_key_file(self._home, encode_as_it_was(change(content)))
        return self.read()

    def _state(self) -> tuple[int, ...]:
        try:
            status = key_path(self._home).stat()
        except OSError:
            return ()
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _open(self) -> tuple[KeyContent, Callable[[KeyContent], bytes]]:
        held = read_key_file(self._home)
        if isinstance(held, KeyContent):
            return held, encode
        key = self._opening_key()
        if key is None:
            raise KeyLocked(
                "This node is locked: its key is closed with a passphrase. Open it with `manage.py unlock` while the "
                "node runs, or type the passphrase when a command asks for it."
            )
        try:
            return held.open(key), partial(encode_sealed, key=key, limits=held.limits)
        except DoesNotOpen:
            raise KeyLocked("The passphrase of this node was changed. Open it anew: `manage.py unlock`.") from None
        except Damaged:
            raise KeyMalformed(damaged_sentence(key_path(self._home))) from None


def create_node_key(home: Home) -> NodeKey:
    """Write a new key for a new node. Raises KeyExists when there is one, KeyMissing when a database waits for one."""
    content = new_content()
    write_new_key_file(home, encode(content))
    return NodeKey(content)


def write_new_key_file(home: Home, data: bytes) -> None:
    """Write the text of a key file where there is none. Raises KeyExists, and KeyMissing as `create_node_key` does."""
    path = key_path(home)
    if path.exists():
        raise KeyExists(f"There is a key at {path} already. It is never overwritten.")
    if home.database.exists():
        raise KeyMissing(missing_sentence(home))
    # O_EXCL: two set-ups at once cannot both write; the mode is right from the first byte on.
    _write(path, data, os.O_EXCL)


def replace_key_file(home: Home, data: bytes) -> None:
    """Put another text in the file's place: after a crash there is the old one or the new one, never a part of one."""
    path = key_path(home)
    new = path.with_name(f"{KEY_FILE}.new")
    new.unlink(missing_ok=True)
    _write(new, data, os.O_EXCL)
    new.replace(path)
    sync_folder(path.parent)


def _write(path: Path, data: bytes, flags: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def damaged_sentence(path: Path) -> str:
    return (
        f"The node's key {path} is damaged: it is not as the node wrote it. "
        "Put back the copy from your recovery kit or backup. Nothing was changed."
    )


def missing_sentence(home: Home) -> str:
    path = key_path(home)
    if home.database.exists():
        return (
            f"The node's key {path} is missing, and the database {home.database} cannot be opened without it. "
            "Put the key back from your recovery kit or backup. Nothing was changed."
        )
    return f"There is no node at {home.root} yet. Start one with `make run`, or with `manage.py setup`."
