"""What stands in front of the encrypted part, in the clear: what it is, when it was made, and which keys open it."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, BinaryIO

from consent.backups.refusals import BackupDamaged, NewerBackup, NotABackup
from governance.audit.canonical import NotCanonical, canonical, parse_canonical

MAGIC = b"Community AI backup\n"
FORMAT = 1
_LENGTHS = struct.Struct(">HI")
_LONGEST = 256 * 1024


@dataclass(frozen=True)
class Head:
    """`key_id` and `kit_id` name the keys that open it; `key_state` is the digest of the key file that belongs to its
    database, which differs after each rotation. `migrations` are the newest of each app, by app.

    `sizes` are bytes by kind of content (`names.py`), before encryption, as they were when the backup began; a database
    that is dumped while it is read counts as it lay on the disk. `made_at` is RFC 3339, UTC.
    """

    backup: str
    community: str
    made_at: str
    software: str
    database: str
    migrations: Mapping[str, str]
    sizes: Mapping[str, int]
    key_id: str
    key_state: str
    kit_id: str
    locked_for_node: bytes = field(repr=False)
    sealed_to_recovery: bytes = field(repr=False)
    sealed_node_key: bytes = field(repr=False)

    def to_bytes(self) -> bytes:
        """The beginning of the file, up to the encrypted part."""
        data = canonical({one.name: _text(getattr(self, one.name)) for one in fields(self)})
        return MAGIC + _LENGTHS.pack(FORMAT, len(data)) + data


def read_head(file: BinaryIO) -> tuple[Head, bytes]:
    """The head and its bytes as they lie in the file. Raises NotABackup, NewerBackup, BackupDamaged."""
    if file.read(len(MAGIC)) != MAGIC:
        raise NotABackup
    lengths = file.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        raise BackupDamaged
    version, length = _LENGTHS.unpack(lengths)
    if version > FORMAT:
        raise NewerBackup
    data = file.read(min(length, _LONGEST + 1))
    if version < 1 or len(data) != length or length > _LONGEST:
        raise BackupDamaged
    try:
        value = parse_canonical(data)
        head = _head_of(value)
    except (NotCanonical, KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        raise BackupDamaged from None
    return head, MAGIC + lengths + data


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return dict(value) if isinstance(value, Mapping) else value


def _head_of(value: dict[str, Any]) -> Head:
    names = {one.name for one in fields(Head)}
    if value.keys() != names:
        raise ValueError
    for name in ("locked_for_node", "sealed_to_recovery", "sealed_node_key"):
        value[name] = base64.b64decode(value[name], validate=True)
    texts = names - {"migrations", "sizes", "locked_for_node", "sealed_to_recovery", "sealed_node_key"}
    if not all(isinstance(value[name], str) for name in texts):
        raise ValueError
    if not all(isinstance(name, str) for name in value["migrations"].values()):
        raise ValueError
    if not all(isinstance(size, int) and size >= 0 for size in value["sizes"].values()):
        raise ValueError
    return Head(**value)
