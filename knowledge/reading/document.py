"""What comes out of a file, and how much may come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The kinds of file that can be read. What a file is, its content decides, not its name."""

    TEXT = "text"
    MARKDOWN = "markdown"
    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"
    ODS = "ods"
    DOCX = "docx"
    ODT = "odt"
    PDF = "pdf"
    EPUB = "epub"
    EXPORT = "jsonl"


class Code(StrEnum):
    """Why a file was not read. The sentences stand in `refusals`."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    BOMB = "bomb"
    ARCHIVE = "archive"
    NESTED = "nested"
    LOCKED = "locked"
    OLD_OFFICE = "old_office"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_TYPE = "unknown_type"
    BROKEN_ENCODING = "broken_encoding"
    NO_TEXT = "no_text"
    SCANNED = "scanned"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MUCH_TEXT = "too_much_text"
    DAMAGED = "damaged"
    BAD_LINE = "bad_line"
    ENTITIES = "entities"
    BAD_NAMES = "bad_names"
    TIMEOUT = "timeout"
    MEMORY = "memory"


class CannotRead(Exception):
    """Raised in the child. `facts` are the numbers and words that the sentence for `code` names."""

    def __init__(self, code: Code, **facts: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True)
class Section:
    """A stretch of text under one heading ("" where there is none); `page` where the file has pages, from 1 on."""

    heading: str
    text: str
    page: int | None = None


@dataclass(frozen=True)
class Table:
    """Rows of cells, as they stand in the file; the first row may hold headings. Rows may differ in length."""

    name: str
    rows: list[list[str]]


@dataclass(frozen=True)
class Document:
    """A file's content. `language` is what the file itself claims ("" for nothing), `encoding` how its letters were
    read where that had to be guessed, `records` the lines of our own export."""

    kind: Kind
    title: str = ""
    language: str = ""
    encoding: str = ""
    sections: list[Section] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def characters(self) -> int:
        return sum(len(section.heading) + len(section.text) for section in self.sections)


MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bounds on one file. Bytes, seconds and counts; the child keeps them, the parent checks those it can."""

    file_bytes: int = 50 * MEGABYTE
    unpacked_bytes: int = 200 * MEGABYTE
    # One member that grows by more than this while it is unpacked is a bomb; text grows 3 to 30 times.
    ratio: int = 300
    members: int = 5_000
    # Of one XML part, which is held as a tree.
    part_bytes: int = 40 * MEGABYTE
    depth: int = 200
    pages: int = 3_000
    rows: int = 200_000
    columns: int = 200
    characters: int = 20_000_000
    output_bytes: int = 100 * MEGABYTE
    memory_bytes: int = 1024 * MEGABYTE
    cpu_seconds: int = 120
    wall_seconds: int = 180


def _silent(done: int, total: int) -> None:
    pass


@dataclass
class Budget:
    """What a file has used of its limits so far. Each method raises CannotRead when there is nothing left."""

    limits: Limits
    # Called with the parts that are done and all there are.
    progress: Callable[[int, int], None] = _silent
    _characters: int = 0
    _rows: int = 0

    def spend_text(self, text: str) -> str:
        self._characters += len(text)
        if self._characters > self.limits.characters:
            raise CannotRead(Code.TOO_MUCH_TEXT, limit=self.limits.characters // 1_000_000)
        return text

    def spend_row(self, cells: list[str]) -> list[str]:
        self._rows += 1
        if self._rows > self.limits.rows:
            raise CannotRead(Code.TOO_MANY_ROWS, limit=self.limits.rows)
        if len(cells) > self.limits.columns:
            raise CannotRead(Code.TOO_MANY_COLUMNS, limit=self.limits.columns)
        for cell in cells:
            self.spend_text(cell)
        return cells
