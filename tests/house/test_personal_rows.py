"""Rows about a person are read through `consent.access` only: nobody else asks their tables."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from django.apps import apps

from consent.models import PersonalRow
from tests.house.tree import ROOT, modules, parse

MANAGERS = {"objects", "_default_manager", "_base_manager"}
QUESTIONS = {
    "all", "filter", "exclude", "get", "first", "last", "latest", "earliest", "exists", "count", "aggregate", "values",
    "values_list", "order_by", "in_bulk", "iterator", "update", "delete", "only", "defer", "raw", "select_related",
    "aget", "afirst", "acount", "aexists", "aiterator", "contains",
}  # fmt: skip
# `create` and `bulk_create` write a row of a known member; they read nothing.


def personal_models() -> list[type[PersonalRow]]:
    return [model for model in apps.get_models() if issubclass(model, PersonalRow)]


def accessors() -> set[str]:
    """The names under which other rows reach personal rows, such as `messages` of a conversation."""
    return {
        name
        for model in apps.get_models()
        for relation in model._meta.related_objects
        if issubclass(relation.related_model, PersonalRow) and (relation.one_to_many or relation.many_to_many)
        if (name := relation.get_accessor_name())
    }


def by_hand(tree: ast.Module, models: set[str], reverse: set[str]) -> Iterator[int]:
    """The lines that ask a personal table without `consent.access`.

    Found are `Message.objects.filter(...)`, with any manager, and `conversation.messages.filter(...)`.
    """
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=question, value=ast.Attribute(attr=manager, value=owner)) if question in QUESTIONS:
                name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
                if (manager in MANAGERS and name in models) or manager in reverse:
                    yield node.lineno
            case ast.Attribute(attr="_raw_delete"):
                yield node.lineno


def test_nobody_filters_personal_rows_by_hand() -> None:
    names, reverse = {model.__name__ for model in personal_models()}, accessors()
    assert {"Conversation", "Message", "Answer"} <= names
    assert "messages" in reverse
    found = [
        f"{name}:{line}"
        for name, path in modules(ROOT)
        if not name.startswith("consent.") and ".migrations." not in name
        for line in by_hand(parse(path), names, reverse)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("Message.objects.filter(member=someone)", True),
        ("models.Message._default_manager.all()", True),
        ("conversation.messages.order_by('id')", True),
        ("rows = Message.objects.get", True),
        ("Message.objects.create(member=member)", False),
        ("own(Message, member=member).filter(pk=1)", False),
        ("Member.objects.filter(is_active=True)", False),
        ("messages.error(request, 'no')", False),
    ],
)
def test_the_search_on_made_up_lines(text: str, caught: bool) -> None:
    assert bool(list(by_hand(ast.parse(text), {"Message"}, {"messages"}))) is caught
