"""What passes between the child that reads a file and its parent: JSON, one message a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from knowledge.reading.document import CannotRead, Code, Document, Kind, Section, Table

ROWS_IN_A_LINE = 200


class NotUnderstood(Exception):
    """A line that the child's program would never write."""


def lines_of(document: Document) -> Iterator[bytes]:
    yield _line(
        "document",
        kind=document.kind,
        title=document.title,
        language=document.language,
        encoding=document.encoding,
    )
    for section in document.sections:
        yield _line("section", heading=section.heading, text=section.text, page=section.page)
    for table in document.tables:
        yield _line("table", name=table.name)
        for start in range(0, len(table.rows), ROWS_IN_A_LINE):
            yield _line("rows", rows=table.rows[start : start + ROWS_IN_A_LINE])
    for record in document.records:
        yield _line("record", record=record)
    yield _line("end")


def line_of_refusal(refusal: CannotRead) -> bytes:
    return _line("refusal", code=refusal.code, facts=refusal.facts)


def line_of_progress(done: int, total: int) -> bytes:
    return _line("progress", done=done, total=total)


def _line(what: str, **facts: Any) -> bytes:
    # ASCII: a lone surrogate cannot break the pipe.
    return json.dumps({"is": what, **facts}, separators=(",", ":")).encode("ascii") + b"\n"


class Assembly:
    """Puts the child's lines together again, and trusts none: whatever does not fit raises NotUnderstood."""

    def __init__(self) -> None:
        self._document: Document | None = None
        self._ended = False
        self._takers: dict[str, Callable[[dict[str, Any]], None]] = {
            "document": self._begin,
            "section": self._section,
            "table": self._table,
            "rows": self._rows,
            "record": self._record,
            "refusal": self._refusal,
            "progress": self._progress,
            "end": self._end,
        }
        # Parts that are done and all there are, as the child last said.
        self.progress: tuple[int, int] | None = None

    def take(self, line: bytes) -> None:
        """One line. Raises CannotRead when the child refuses the file, NotUnderstood."""
        try:
            message = json.loads(line)
            self._takers[message["is"]](message)
        except (ValueError, TypeError, KeyError, RecursionError) as problem:
            raise NotUnderstood from problem

    def document(self) -> Document:
        """The whole document. Raises NotUnderstood when its end is missing."""
        if not self._ended:
            raise NotUnderstood
        return self._begun()

    def _begun(self) -> Document:
        if self._document is None:
            raise NotUnderstood
        return self._document

    def _begin(self, message: dict[str, Any]) -> None:
        title, language, encoding = (_text(message[name]) for name in ("title", "language", "encoding"))
        self._document = Document(Kind(message["kind"]), title=title, language=language, encoding=encoding)

    def _section(self, message: dict[str, Any]) -> None:
        page = message["page"]
        if page is not None and type(page) is not int:
            raise NotUnderstood
        self._begun().sections.append(Section(_text(message["heading"]), _text(message["text"]), page))

    def _table(self, message: dict[str, Any]) -> None:
        self._begun().tables.append(Table(_text(message["name"]), []))

    def _rows(self, message: dict[str, Any]) -> None:
        tables = self._begun().tables
        if not tables:
            raise NotUnderstood
        tables[-1].rows.extend([_text(cell) for cell in row] for row in message["rows"])

    def _record(self, message: dict[str, Any]) -> None:
        if not isinstance(message["record"], dict):
            raise NotUnderstood
        self._begun().records.append(message["record"])

    def _refusal(self, message: dict[str, Any]) -> None:
        facts = {str(name): value for name, value in message["facts"].items() if isinstance(value, int | str)}
        raise CannotRead(Code(message["code"]), **facts)

    def _progress(self, message: dict[str, Any]) -> None:
        self.progress = (int(message["done"]), int(message["total"]))

    def _end(self, _: dict[str, Any]) -> None:
        self._begun()
        self._ended = True


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise NotUnderstood
    return value
