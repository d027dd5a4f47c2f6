"""What is to become of a document: which part of it is taken, what its columns mean, and what its entries have in
common. A plan is guessed, changed by a person, kept sealed with the import, and then carried out."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import PurePath
from typing import Any

from knowledge.languages import InvalidLanguage, normalised
from knowledge.models import EntryKind
from knowledge.reading.columns import Column, guess
from knowledge.reading.document import Document, Kind

TEXT, RECORDS = "text", "records"
# For rows and for running text; the first is the guess.
ROW_KINDS = (EntryKind.TERM, EntryKind.PHRASE, EntryKind.QUESTION, EntryKind.NOTE, EntryKind.STORY)
TEXT_KINDS = (EntryKind.DOCUMENT, EntryKind.STORY, EntryKind.NOTE)


def table_source(number: int) -> str:
    return f"table-{number}"


def table_number(source: str) -> int | None:
    """The place of the table in the document; None for what is no table."""
    head, _, number = source.partition("table-")
    return int(number) if not head and number.isascii() and number.isdecimal() else None


class InvalidPlan(ValueError):
    """A plan that does not fit its document. `field` names the faulty part."""

    def __init__(self, field: str) -> None:
        super().__init__(f"not a valid plan: {field}")
        self.field = field


@dataclass(frozen=True)
class Plan:
    """`source` is TEXT, RECORDS or a table (`table_source`). `columns` and `has_headings` are for tables; `at_headings`
    makes an entry of each heading of a text. `add_alike` adds what has the title of an entry that is there already.
    `origin` says where it comes from; `tags` and `labels` go on every entry. An export (RECORDS) brings its own."""

    source: str
    kind: EntryKind
    language: str
    columns: tuple[Column, ...] = ()
    has_headings: bool = False
    at_headings: bool = False
    add_alike: bool = False
    origin: str = ""
    tags: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        data = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in data.items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        return cls(
            **{
                **data,
                "kind": EntryKind(data["kind"]),
                "columns": tuple(Column(name) for name in data["columns"]),
                "tags": tuple(data["tags"]),
                "labels": tuple(data["labels"]),
            }
        )

    @property
    def table_number(self) -> int | None:
        return table_number(self.source)


def sources_of(document: Document) -> list[str]:
    """What of the document can be taken."""
    if document.kind is Kind.EXPORT:
        return [RECORDS]
    tables = [table_source(number) for number in range(len(document.tables))]
    return [TEXT, *tables] if document.sections else tables


def width_of(document: Document, source: str) -> int:
    """How many columns a table has; 0 for what is no table."""
    number = table_number(source)
    if number is None or number >= len(document.tables):
        return 0
    return max(map(len, document.tables[number].rows), default=0)


def guess_plan(document: Document, *, file_name: str, language: str, source: str | None = None) -> Plan:
    """A plan to begin with: for `source`, or for the text where there is one, else the first table."""
    source = source if source in sources_of(document) else sources_of(document)[0]
    try:
        claimed = normalised(document.language) if document.language else language
    except InvalidLanguage:
        claimed = language
    plan = Plan(source, TEXT_KINDS[0], claimed, origin=_origin(document, file_name))
    number = plan.table_number
    if number is None:
        return plan
    guessed = guess(document.tables[number].rows)
    return Plan(
        source, ROW_KINDS[0], claimed, columns=guessed.columns, has_headings=guessed.has_headings, origin=plan.origin
    )


def check(plan: Plan, document: Document) -> None:
    """Raises InvalidPlan when the plan does not fit the document."""
    if plan.source not in sources_of(document):
        raise InvalidPlan("source")
    if plan.source == RECORDS:
        return
    try:
        normalised(plan.language)
    except InvalidLanguage:
        raise InvalidPlan("language") from None
    if plan.table_number is None:
        return
    if len(plan.columns) != width_of(document, plan.source):
        raise InvalidPlan("columns")
    for needed in (Column.WORD, Column.MEANING):
        if needed not in plan.columns:
            raise InvalidPlan(needed)


def title_from(document: Document, file_name: str) -> str:
    return document.title or PurePath(file_name).stem or file_name


def _origin(document: Document, file_name: str) -> str:
    return "" if document.kind is Kind.EXPORT else title_from(document, file_name)[:200]
