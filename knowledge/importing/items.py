"""The entries that a document becomes under a plan, one after the other, and what of it cannot become one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from knowledge.content import Content, Example, InvalidContent, cleaned, tag_names
from knowledge.importing.plan import TEXT, Plan, title_from
from knowledge.importing.records import Export
from knowledge.language_names import language_called
from knowledge.languages import InvalidLanguage, normalised
from knowledge.models import BODY_LENGTH, TITLE_LENGTH, EntryKind
from knowledge.reading.columns import Column
from knowledge.reading.document import Document, Section

# How the places of entries from an export begin; their id follows.
EXPORTED = "entry:"
_BETWEEN_THEMES = re.compile(r"[,;|\n،؛、]")


@dataclass(frozen=True)
class Item:
    """One entry to be. `number` is what a person counts (the row, or the part of a text); `place` names it for good."""

    number: int
    place: str
    kind: EntryKind
    language: str
    content: Content
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A row or part that cannot become an entry, and why."""

    number: int
    sentence: str | Promise


def items(document: Document, plan: Plan, *, file_name: str) -> Iterator[Item | Fault]:
    """Every entry that the document becomes, in its order. Rows without a word in them are nothing."""
    drafts = _of_text(document, plan, file_name) if plan.source == TEXT else _of_rows(document, plan)
    for draft in drafts:
        if isinstance(draft, Fault):
            yield draft
            continue
        try:
            tag_names(draft.tags)
            yield replace(draft, content=cleaned(draft.content))
        except InvalidContent as refusal:
            yield Fault(draft.number, refusal.sentence)


def items_of_export(export: Export) -> Iterator[Item]:
    """The entries of an export, as they are now."""
    for number, record in enumerate(export.records, start=2):
        yield Item(
            number=number,
            place=f"{EXPORTED}{record.id}",
            kind=record.kind,
            language=record.language,
            content=record.present.content,
            tags=record.tags,
        )


def _of_rows(document: Document, plan: Plan) -> Iterator[Item | Fault]:
    table = plan.table_number
    assert table is not None  # noqa: S101 - `plan.check` saw to it
    for place, row in enumerate(document.tables[table].rows):
        if place == 0 and plan.has_headings:
            continue
        cells = _Cells(row, plan.columns)
        try:
            language = language_called(cells.first(Column.LANGUAGE) or plan.language)
        except InvalidLanguage:
            yield Fault(place + 1, _("This is no name of a language, and no code of one."))
            continue
        yield Item(
            number=place + 1,
            place=f"{table}.{place}",
            kind=plan.kind,
            language=language,
            content=Content(
                title=cells.first(Column.WORD),
                body="\n\n".join(cells.all(Column.MEANING)),
                pronunciation=cells.first(Column.PRONUNCIATION),
                examples=tuple(cells.examples()),
                source=plan.origin,
            ),
            tags=(*plan.tags, *cells.themes()),
        )


class _Cells:
    """One row's cells by what their columns mean."""

    def __init__(self, row: Sequence[str], columns: Sequence[Column]) -> None:
        self._cells = list(zip(columns, row, strict=False))

    def all(self, wanted: Column) -> list[str]:
        return [cell for column, cell in self._cells if column is wanted and cell]

    def first(self, wanted: Column) -> str:
        return next(iter(self.all(wanted)), "")

    def examples(self) -> Iterator[Example]:
        """Each line of an example's cell, with the line of the translation's that stands beside it."""
        examples = [cell for column, cell in self._cells if column is Column.EXAMPLE]
        translations = [cell for column, cell in self._cells if column is Column.TRANSLATION]
        for place, cell in enumerate(examples):
            beside = translations[place].split("\n") if place < len(translations) else []
            for number, text in enumerate(cell.split("\n")):
                if text.strip():
                    yield Example(text, beside[number] if number < len(beside) else "")

    def themes(self) -> list[str]:
        names = [name.strip() for cell in self.all(Column.THEME) for name in _BETWEEN_THEMES.split(cell)]
        return [name for name in names if name]


def _of_text(document: Document, plan: Plan, file_name: str) -> Iterator[Item]:
    whole = title_from(document, file_name)
    parts = _parts(document.sections) if plan.at_headings else [_Part("", list(document.sections))]
    number = 0
    for part in parts:
        pieces = _pieces(part.text(with_headings=not plan.at_headings))
        for piece, body in enumerate(pieces, start=1):
            number += 1
            title = (part.heading or whole)[: TITLE_LENGTH - 20]
            yield Item(
                number=number,
                place=f"text.{number}" if plan.at_headings else f"whole.{number}",
                kind=plan.kind,
                language=normalised(plan.language),
                content=Content(
                    title=f"{title} ({piece}/{len(pieces)})" if len(pieces) > 1 else title,
                    body=body,
                    source=part.origin(plan.origin),
                ),
                tags=plan.tags,
            )


@dataclass
class _Part:
    """Sections that become one entry."""

    heading: str
    sections: list[Section]

    def text(self, *, with_headings: bool) -> str:
        told = []
        for section in self.sections:
            if with_headings and section.heading:
                told.append(f"## {section.heading}")
            told.append(section.text)
        return "\n\n".join(filter(None, told))

    def origin(self, origin: str) -> str:
        """Where it comes from, with its pages where the file has some."""
        pages = [section.page for section in self.sections if section.page is not None]
        if not pages or not origin:
            return origin
        return f"{origin}, p. {pages[0]}" if pages[0] == pages[-1] else f"{origin}, pp. {pages[0]}–{pages[-1]}"


def _parts(sections: Sequence[Section]) -> list[_Part]:
    """Sections put together from one heading to the next; headings without any text go to the part below them."""
    parts: list[_Part] = []
    for section in sections:
        if section.heading or not parts:
            parts.append(_Part(section.heading, [section]))
        else:
            parts[-1].sections.append(section)
    return [part for part in parts if any(section.text for section in part.sections)]


def _pieces(text: str) -> list[str]:
    """The text in as few pieces as fit into entries, cut between paragraphs."""
    if len(text) <= BODY_LENGTH:
        return [text]
    pieces, piece = [], ""
    for paragraph in text.split("\n\n"):
        while len(paragraph) > BODY_LENGTH:
            pieces.append(paragraph[:BODY_LENGTH])
            paragraph = paragraph[BODY_LENGTH:]
        if len(piece) + len(paragraph) + 2 > BODY_LENGTH:
            pieces.append(piece)
            piece = ""
        piece = f"{piece}\n\n{paragraph}" if piece else paragraph
    return [part for part in [*pieces, piece] if part.strip()]
