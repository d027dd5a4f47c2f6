"""What a file is, by its first bytes and by what a package holds; a name that claims something else is refused."""

from __future__ import annotations

import json
from pathlib import PurePath

from knowledge.reading.document import CannotRead, Code, Kind, Limits
from knowledge.reading.package import Package

EXPORT_FORMAT = "community-ai-knowledge"

_BY_NAME = {
    ".txt": Kind.TEXT, ".text": Kind.TEXT, ".md": Kind.MARKDOWN, ".markdown": Kind.MARKDOWN, ".csv": Kind.CSV,
    ".tsv": Kind.TSV, ".tab": Kind.TSV, ".xlsx": Kind.XLSX, ".xlsm": Kind.XLSX, ".xltx": Kind.XLSX, ".ods": Kind.ODS,
    ".ots": Kind.ODS, ".docx": Kind.DOCX, ".docm": Kind.DOCX, ".dotx": Kind.DOCX, ".odt": Kind.ODT, ".ott": Kind.ODT,
    ".pdf": Kind.PDF, ".epub": Kind.EPUB, ".jsonl": Kind.EXPORT,
}  # fmt: skip
_TEXT_KINDS = frozenset({Kind.TEXT, Kind.MARKDOWN, Kind.CSV, Kind.TSV, Kind.EXPORT})
_ARCHIVES = (
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"\x1f\x8b",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Inside an old container, a new file that is locked has a stream of this name.
_LOCKED_STREAM = "EncryptedPackage".encode("utf-16-le")
_UNREADABLE = (
    b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"OggS", b"ID3", b"\x7fELF", b"MZ", b"II*\0", b"MM\0*",
    b"SQLite format 3\0", b"%!PS", b"fLaC", b"\x1aE\xdf\xa3",
)  # fmt: skip
_MIMETYPES = {
    b"application/vnd.oasis.opendocument.text": Kind.ODT,
    b"application/vnd.oasis.opendocument.text-template": Kind.ODT,
    b"application/vnd.oasis.opendocument.spreadsheet": Kind.ODS,
    b"application/vnd.oasis.opendocument.spreadsheet-template": Kind.ODS,
    b"application/epub+zip": Kind.EPUB,
}
_MAIN_PARTS = {"xl/workbook.xml": Kind.XLSX, "word/document.xml": Kind.DOCX}
PDF_MARK_WITHIN = 1_024
# The first line of an export says near its beginning what it is, and goes on with the texts of all labels.
LONGEST_FORMAT, HEAD_WITHIN = 200, 1 << 20


def kind_of(data: bytes, *, name: str, limits: Limits) -> Kind:
    """The kind of `data`. Raises CannotRead for what cannot be read, and WRONG_TYPE when the name says another kind."""
    named = _BY_NAME.get(PurePath(name).suffix.lower())
    found = _by_content(data, limits)
    if found is None:
        # Any text: its name says how to read it.
        if named is None or named in _TEXT_KINDS - {Kind.EXPORT}:
            return named or Kind.TEXT
        found = Kind.TEXT
    if named is not None and named is not found:
        raise CannotRead(Code.WRONG_TYPE, named=named, found=found)
    return found


def _by_content(data: bytes, limits: Limits) -> Kind | None:
    """The kind that the bytes show; None for plain text."""
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise CannotRead(Code.EMPTY)
    if b"%PDF-" in data[:PDF_MARK_WITHIN]:
        return Kind.PDF
    if data.startswith(b"PK\x03\x04"):
        return _of_package(Package(data, limits))
    if data.startswith(_ARCHIVES):
        raise CannotRead(Code.ARCHIVE)
    if data.startswith(_OLD_OFFICE):
        raise CannotRead(Code.LOCKED if _LOCKED_STREAM in data else Code.OLD_OFFICE)
    if data.startswith(_UNREADABLE) or data[4:8] == b"ftyp":
        raise CannotRead(Code.UNKNOWN_TYPE)
    return Kind.EXPORT if _is_export(data) else None


def _of_package(package: Package) -> Kind:
    if "mimetype" in package:
        kind = _MIMETYPES.get(package.read("mimetype").strip())
        if kind is not None:
            return kind
    for part, kind in _MAIN_PARTS.items():
        if part in package:
            return kind
    if "META-INF/container.xml" in package:
        return Kind.EPUB
    # Office's newer files name their main part in a list; anything else that is packed is an archive of files.
    raise CannotRead(Code.UNKNOWN_TYPE if "[Content_Types].xml" in package else Code.ARCHIVE)


def _is_export(data: bytes) -> bool:
    start = data[:HEAD_WITHIN].removeprefix(b"\xef\xbb\xbf").lstrip()
    if EXPORT_FORMAT.encode() not in start[:LONGEST_FORMAT]:
        return False
    first = start.split(b"\n", 1)[0]
    try:
        head = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(head, dict) and head.get("format") == EXPORT_FORMAT
