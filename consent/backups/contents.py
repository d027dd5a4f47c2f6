"""The files in a backup, one after the other, and the manifest at their end.

    length (4 bytes, big-endian) and JSON {"mode", "name"}      for each file
    blocks: length (4 bytes) and so many bytes; length 0 ends the file
    length 0
    length (4 bytes) and JSON: the manifest

The length of a file stands nowhere in front of it: a file may grow while it is read, and a dump is written while it is
made. The manifest says what each file was: its length and its SHA-256.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from consent.backups.names import require_safe
from consent.backups.refusals import BackupDamaged
from consent.backups.stream import Opening, Sealing
from governance.audit.canonical import NotCanonical, canonical, parse_canonical

BLOCK_BYTES = 256 * 1024
_LENGTH = struct.Struct(">I")
_LONGEST_NAME = 16 * 1024
_LONGEST_MANIFEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class FileFacts:
    name: str
    mode: int
    size: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "mode": self.mode, "size": self.size, "sha256": self.sha256}


@dataclass(frozen=True)
class Manifest:
    """`tables`: rows of each table of the database. `record`: entries of the community's record.

    `models`: SHA-256, name and size of each model file, also of those that are not in the backup.
    """

    files: tuple[FileFacts, ...]
    tables: Mapping[str, int]
    record: int
    models: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "files": [one.to_json() for one in self.files],
            "tables": dict(self.tables),
            "record": self.record,
            "models": [dict(one) for one in self.models],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Manifest:
        """Raises KeyError, TypeError for anything else."""
        files = tuple(FileFacts(one["name"], one["mode"], one["size"], one["sha256"]) for one in value["files"])
        tables = {str(name): int(count) for name, count in value["tables"].items()}
        return cls(files, tables, int(value["record"]), tuple(dict(one) for one in value["models"]))


@dataclass
class Packing:
    """Puts files into a stream. `finish` writes the manifest and ends it."""

    sealing: Sealing
    files: list[FileFacts] = field(default_factory=list)

    def add(self, name: str, *, mode: int, blocks: Iterable[bytes]) -> FileFacts:
        """Raises BackupDamaged for a name that no backup may hold, or that is there already."""
        require_safe(name)
        if any(known.name == name for known in self.files):
            raise BackupDamaged
        self._write(canonical({"mode": mode, "name": name}))
        digest, size = hashlib.sha256(), 0
        for block in blocks:
            for at in range(0, len(block), BLOCK_BYTES):
                part = block[at : at + BLOCK_BYTES]
                self._write(part)
                digest.update(part)
                size += len(part)
        self.sealing.write(_LENGTH.pack(0))
        facts = FileFacts(name, mode, size, digest.hexdigest())
        self.files.append(facts)
        return facts

    def finish(self, *, tables: Mapping[str, int], record: int, models: Iterable[Mapping[str, Any]] = ()) -> Manifest:
        manifest = Manifest(tuple(self.files), tables, record, tuple(models))
        self.sealing.write(_LENGTH.pack(0))
        self._write(canonical(manifest.to_json()))
        self.sealing.finish()
        return manifest

    def _write(self, data: bytes) -> None:
        self.sealing.write(_LENGTH.pack(len(data)))
        self.sealing.write(data)


@dataclass
class Unpacking:
    """Takes files out of a stream: each must be read to its end before the next. `manifest` is there at the end."""

    opening: Opening
    manifest: Manifest | None = None

    def files(self) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        """(name, mode, blocks). Raises BackupDamaged, BackupCutShort."""
        seen: list[FileFacts] = []
        names: set[str] = set()
        while length := self._length(_LONGEST_NAME):
            name, mode = self._name(self.opening.read_exactly(length))
            if name in names:
                raise BackupDamaged
            names.add(name)
            yield name, mode, self._blocks(name, mode, seen)
            if len(seen) != len(names):
                raise RuntimeError(f"{name} was not read to its end")
        self.manifest = self._manifest(seen)
        self.opening.require_end()

    def _blocks(self, name: str, mode: int, seen: list[FileFacts]) -> Iterator[bytes]:
        digest, size = hashlib.sha256(), 0
        while length := self._length(BLOCK_BYTES):
            block = self.opening.read_exactly(length)
            digest.update(block)
            size += length
            yield block
        seen.append(FileFacts(name, mode, size, digest.hexdigest()))

    def _length(self, most: int) -> int:
        (length,) = _LENGTH.unpack(self.opening.read_exactly(_LENGTH.size))
        if length > most:
            raise BackupDamaged
        return int(length)

    @staticmethod
    def _name(data: bytes) -> tuple[str, int]:
        try:
            value = parse_canonical(data)
            name, mode = value["name"], value["mode"]
        except (NotCanonical, KeyError, TypeError):
            raise BackupDamaged from None
        if not isinstance(name, str) or not isinstance(mode, int):
            raise BackupDamaged
        require_safe(name)
        return name, mode & 0o700

    def _manifest(self, seen: list[FileFacts]) -> Manifest:
        data = self.opening.read_exactly(self._length(_LONGEST_MANIFEST))
        try:
            manifest = Manifest.from_json(parse_canonical(data))
        except (NotCanonical, KeyError, TypeError, ValueError, AttributeError):
            raise BackupDamaged from None
        if list(manifest.files) != seen:
            raise BackupDamaged
        return manifest
