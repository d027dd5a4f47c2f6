"""Another key for the database file, while no process has it open.

    the key file holds both keys -> a copy is encrypted with the new one -> the copy takes the file's place
    -> the key file holds the new key only

The file itself is never half one and half the other: after a kill at any moment it opens with one of the two keys, and
the same call goes on.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from community_ai.core.home import FILE_MODE
from community_ai.core.key_file import DATABASE
from community_ai.core.keystore import KeyStoreError, KeyWrong, NodeKey, sync_folder
from community_ai.core.sqlcipher.base import opened_with

Say = Callable[[str], None]
# Beside the copy: what else the disk needs to go on working.
SPARE_BYTES = 50 << 20


class NoRoom(KeyStoreError):
    pass


class CopyDamaged(KeyStoreError):
    pass


def rekey(path: Path, *, node: NodeKey, say: Say) -> None:
    """Within `keys_changing` and `alone`. Raises NoRoom, CopyDamaged and KeyWrong; then the old key still opens it."""
    say(
        "The change of the database's key goes on." if len(node.database_keys()) > 1 else "The database gets a new key."
    )
    copy = path.with_name(f"{path.name}.rekeyed")
    _remove(copy)
    if len(node.database_keys()) == 1:
        _need_room(path)
        node.change(lambda content: content.with_new(DATABASE))
    new, *older = node.database_keys()
    old = next((key for key in older if _opens(path, key)), None)
    if old is None and not _opens(path, new):
        raise KeyWrong(f"The node's key does not open {path}. Put back the key that belongs to it.")
    if old is not None:
        _need_room(path)
        _empty_log(path, old)
        _copy_with_key(path, copy, old=old, new=new)
        copy.replace(path)
        sync_folder(path.parent)
    node.change(lambda content: content.with_newest(DATABASE, 1))
    say("The database opens with the new key only.")


def _need_room(path: Path) -> None:
    size = path.stat().st_size
    free = shutil.disk_usage(path.parent).free
    # The copy, and the journal of its pages while they are encrypted anew.
    if free < 2 * size + SPARE_BYTES:
        raise NoRoom(
            f"The copy of the database needs {(2 * size + SPARE_BYTES) >> 20} MB of room, and {free >> 20} MB are "
            "free. Nothing was changed."
        )


def _opens(path: Path, key: bytes) -> bool:
    connection = opened_with(key, database=_uri(path), uri=True)
    if connection is None:
        return False
    connection.close()
    return True


def _empty_log(path: Path, key: bytes) -> None:
    """Everything into the file itself, and no log beside it: another file's log must not meet it."""
    connection = opened_with(key, database=_uri(path), uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    finally:
        connection.close()
    _remove(path, suffixes=("-wal", "-shm"))


def _remove(path: Path, *, suffixes: tuple[str, ...] = ("", "-journal", "-wal", "-shm")) -> None:
    """A journal that was left over would be played back into the next file of this name."""
    for suffix in suffixes:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _copy_with_key(path: Path, copy: Path, *, old: bytes, new: bytes) -> None:
    copy.touch(mode=FILE_MODE)
    shutil.copyfile(path, copy)
    connection = opened_with(old, database=_uri(copy), uri=True, isolation_level=None)
    if connection is None:
        raise CopyDamaged("The copy does not open with the old key. Nothing was changed.")
    try:
        connection.execute(f"PRAGMA rekey = \"x'{new.hex()}'\"")
    finally:
        connection.close()
    connection = opened_with(new, database=_uri(copy), uri=True, isolation_level=None)
    if connection is None:
        raise CopyDamaged("The copy does not open with the new key. Nothing was changed.")
    try:
        damaged = connection.execute("PRAGMA cipher_integrity_check").fetchall()
        quick = connection.execute("PRAGMA quick_check(1)").fetchall()
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
    finally:
        connection.close()
    if damaged or quick != [("ok",)]:
        raise CopyDamaged(f"The copy of the database is damaged, as the database may be: {quick}. Nothing was changed.")
    with copy.open("rb") as file:
        os.fsync(file.fileno())


def _uri(path: Path) -> str:
    return f"file:{quote(str(path))}?mode=rw"
