"""How documents become entries: pure, without a database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.importing.items import Fault, Item, items
from knowledge.importing.plan import TEXT, Plan, guess_plan, sources_of, table_number, width_of
from knowledge.models import BODY_LENGTH, EntryKind
from knowledge.reading.columns import Column
from knowledge.reading.document import Document, Kind, Section, Table

BOOK = Document(
    Kind.PDF,
    title="The book",
    language="es-PE",
    sections=[
        Section("", "Before all.", 1),
        Section("One", "First.", 2),
        Section("", "Still the first.", 3),
        Section("Part", "", 4),
        Section("Two", "Second.", 5),
    ],
)
WORDS = Document(
    Kind.XLSX, tables=[Table("A", [["Word", "Meaning", "Language"], ["velu", "water", "Quechua"], ["", "", ""]])]
)


def made(document: Document, **changes: Any) -> list[Item | Fault]:
    plan = guess_plan(document, file_name="file.pdf", language="en")
    return list(items(document, replace(plan, **changes), file_name="file.pdf"))


def told(found: list[Item | Fault]) -> list[tuple[str, str, str]]:
    return [(item.content.title, item.content.body, item.content.source) for item in found if isinstance(item, Item)]


def test_a_book_as_one_entry_keeps_its_headings_and_pages() -> None:
    (item,) = made(BOOK)
    assert isinstance(item, Item)
    assert (item.kind, item.language) == (EntryKind.DOCUMENT, "es-pe")
    assert item.content.body == ("Before all.\n\n## One\n\nFirst.\n\nStill the first.\n\n## Part\n\n## Two\n\nSecond.")
    assert item.content.source == "The book, pp. 1–5"


def test_a_book_as_an_entry_for_each_heading() -> None:
    assert told(made(BOOK, at_headings=True)) == [
        ("The book", "Before all.", "The book, p. 1"),
        ("One", "First.\n\nStill the first.", "The book, pp. 2–3"),
        ("Two", "Second.", "The book, p. 5"),
    ]


def test_a_text_that_is_too_long_for_one_entry_becomes_several_and_loses_nothing() -> None:
    paragraphs = [f"Paragraph {number} {'word ' * 300}".strip() for number in range(400)]
    found = made(Document(Kind.TEXT, sections=[Section("", "\n\n".join(paragraphs))]))
    titles = [title for title, _body, _source in told(found)]
    assert titles == [f"file ({part}/{len(titles)})" for part in range(1, len(titles) + 1)]
    assert "\n\n".join(body for _title, body, _source in told(found)).split("\n\n") == paragraphs
    (one, *_) = made(Document(Kind.TEXT, sections=[Section("", "x" * (BODY_LENGTH + 5))]))
    assert isinstance(one, Item)
    assert len(one.content.body) == BODY_LENGTH


def test_rows_name_languages_as_people_do() -> None:
    first, second = made(WORDS)
    assert isinstance(first, Item)
    assert (first.language, first.number, first.place) == ("qu", 2, "0.1")
    assert isinstance(second, Fault)


def test_several_examples_and_themes() -> None:
    document = Document(Kind.CSV, tables=[Table("", [["velu", "water", "A.\nB.", "a", "C.", "b", "x; y", "z"]])])
    columns = (
        Column.WORD, Column.MEANING, Column.EXAMPLE, Column.TRANSLATION, Column.EXAMPLE, Column.TRANSLATION,
        Column.THEME, Column.THEME,
    )  # fmt: skip
    (item,) = made(document, columns=columns, has_headings=False)
    assert isinstance(item, Item)
    assert item.content.examples_json() == [
        {"text": "A.", "translation": "a"},
        {"text": "B.", "translation": ""},
        {"text": "C.", "translation": "b"},
    ]
    assert item.tags == ("x", "y", "z")


@pytest.mark.parametrize("source", ["table-", "x", "text", "table--1", "table-²", "a table-1"])
def test_tables_are_named_by_their_place(source: str) -> None:
    assert table_number("table-12") == 12
    assert table_number(source) is None


def test_what_can_be_taken() -> None:
    both = Document(Kind.DOCX, sections=BOOK.sections, tables=WORDS.tables)
    assert sources_of(both) == ["text", "table-0"]
    assert sources_of(WORDS) == ["table-0"]
    assert (width_of(both, "table-0"), width_of(both, "text"), width_of(both, "table-5")) == (3, 0, 0)


@given(st.sampled_from(list(EntryKind)), st.lists(st.sampled_from(list(Column))), st.booleans(), st.lists(st.text()))
def test_a_plan_survives_being_kept(kind: EntryKind, columns: list[Column], flag: bool, names: list[str]) -> None:
    plan = Plan(TEXT, kind, "qu", tuple(columns), flag, not flag, flag, "from here", tuple(names), tuple(names))
    assert Plan.from_json(plan.to_json()) == plan
