"""Office files and books are zip packages: opened here, with every bound checked before and while unpacking."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from knowledge.reading.document import MEGABYTE, CannotRead, Code, Limits

# Smaller members may be as repetitive as they like.
RATIO_COUNTS_FROM = MEGABYTE
ENCRYPTED_FLAG = 0x1
CHUNK = 1 << 16
# Zip, gzip, 7-Zip, RAR, bzip2, xz, Zstandard.
ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
# A Word file may carry a workbook for each of its charts. They are never opened.
CARRIED = frozenset({"embeddings", "media", "externalData"})


class Package:
    """The members of a zip file by name. Raises CannotRead: DAMAGED, BAD_NAMES, LOCKED, BOMB or NESTED."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.limits = limits
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            members = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeDecodeError, EOFError):
            raise CannotRead(Code.DAMAGED) from None
        if len(members) > limits.members:
            raise CannotRead(Code.BOMB)
        for member in members:
            self._check(member)
        if sum(member.file_size for member in members) > limits.unpacked_bytes:
            raise CannotRead(Code.BOMB)
        self._members = {member.filename: member for member in members}
        if len(self._members) != len(members):
            raise CannotRead(Code.DAMAGED)

    def _check(self, member: zipfile.ZipInfo) -> None:
        name = member.orig_filename
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or ":" in name.split("/")[0]:
            raise CannotRead(Code.BAD_NAMES)
        if member.flag_bits & ENCRYPTED_FLAG:
            raise CannotRead(Code.LOCKED)
        grown = member.file_size > self.limits.ratio * max(member.compress_size, 1)
        if member.file_size > RATIO_COUNTS_FROM and grown:
            raise CannotRead(Code.BOMB)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """One member, at most `limits.part_bytes` of it. Raises CannotRead: DAMAGED, or BOMB when it is larger."""
        parts, size = [], 0
        for chunk in self._chunks(name):
            size += len(chunk)
            if size > self.limits.part_bytes:
                raise CannotRead(Code.BOMB)
            parts.append(chunk)
        return b"".join(parts)

    def verify(self) -> None:
        """Unpack everything once and keep nothing: sizes and checksums are what the directory says, and no member is
        an archive again. For parsers that unpack by themselves."""
        for name, member in self._members.items():
            size = 0
            for chunk in self._chunks(name):
                carried = CARRIED.intersection(PurePosixPath(name).parts)
                if size == 0 and chunk.startswith(ARCHIVES) and not carried:
                    raise CannotRead(Code.NESTED)
                size += len(chunk)
            if size != member.file_size:
                raise CannotRead(Code.DAMAGED)

    def _chunks(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(self._members[name]) as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        except (
            KeyError,
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            ValueError,
            NotImplementedError,
            RuntimeError,
        ):
            raise CannotRead(Code.DAMAGED) from None
