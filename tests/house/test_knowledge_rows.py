"""Entries and what belongs to them are read through `knowledge.access` only: labels of use hold on every way."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from django.db.models import Model

from knowledge.access import _WAY
from knowledge.models import EntryLabel
from tests.house.test_personal_rows import by_hand
from tests.house.tree import ROOT, modules, parse, storey_of

MODELS: list[type[Model]] = [*_WAY, EntryLabel]
GUARDED = {model.__name__ for model in MODELS}
# Relations that lead from one entry to others.
ACCESSORS = {"related"}
# Where the rows are made and the door stands.
INSIDE = ("knowledge.access", "knowledge.services", "knowledge.index", "knowledge.migrations")
# What shows something to somebody.
SHOWING = {"views", "consumers", "templatetags", "urls", "routing", "admin"}


def back_doors(tree: ast.Module) -> Iterator[int]:
    """The lines that take `in_service`, which asks nobody, from the door."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="knowledge.access", names=names) if any(n.name == "in_service" for n in names):
                yield node.lineno
            case ast.Attribute(attr="in_service", value=ast.Name(id="access")):
                yield node.lineno


def test_nobody_filters_knowledge_by_hand() -> None:
    found = [
        f"{name}:{line}"
        for name, path in modules(ROOT)
        if not name.startswith(INSIDE)
        for line in by_hand(parse(path), GUARDED, ACCESSORS)
    ]
    assert found == []


def test_what_shows_something_has_no_back_door() -> None:
    found = [
        f"{name}:{line}"
        for name, path in modules(ROOT)
        if not name.startswith(INSIDE) and (name.split(".")[1:2] or [""])[0].partition("_")[0] in SHOWING
        for line in back_doors(parse(path))
    ]
    assert found == []
    assert storey_of("knowledge.views.entries") == storey_of("inference.consumers")


def test_no_template_reaches_past_the_door() -> None:
    """Other rows lead to entries by name only forwards: `passage.entry`, never `entry.passages`."""
    backwards = [
        f"{model.__name__}.{relation.get_accessor_name()}"
        for model in _WAY
        for relation in model._meta.related_objects
        if (relation.one_to_many or relation.many_to_many) and relation.get_accessor_name()
    ]
    assert backwards == []
    looked_at = list((ROOT / "templates").rglob("*.html"))
    assert looked_at
    assert [path.name for path in looked_at if ".related.all" in path.read_text("utf-8")] == []


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("Entry.objects.filter(pk=1)", True),
        ("models.Passage._default_manager.all()", True),
        ("entry.related.all()", True),
        ("EntryLabel.objects.exclude(pk=1)", True),
        ("visible(Entry, member=member, now=now).filter(pk=1)", False),
        ("Tag.objects.all()", False),
    ],
)
def test_the_search_on_made_up_lines(text: str, caught: bool) -> None:
    assert bool(list(by_hand(ast.parse(text), GUARDED, ACCESSORS))) is caught


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("from knowledge.access import in_service, visible", True),
        ("rows = access.in_service(Entry)", True),
        ("from consent.access import in_service", False),
        ("from knowledge.access import visible", False),
    ],
)
def test_the_search_for_back_doors_on_made_up_lines(text: str, caught: bool) -> None:
    assert bool(list(back_doors(ast.parse(text)))) is caught
