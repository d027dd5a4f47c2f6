"""Every table that could hold something about a person is in the list of what the node holds about them."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.db import models

from community_ai.core import holdings
from consent.models import PersonalRow
from governance.models import Member
from tests.house.tree import ROOT

# Names of columns that hold a member's number without being a reference.
NUMBERS = {"member_number", "object_pk", "user_id", "member_key"}


def leads_to_a_person(model: type[models.Model]) -> bool:
    fields = model._meta.get_fields()
    return (
        issubclass(model, PersonalRow)
        or model is Member
        or any(field.related_model is Member and field.concrete for field in fields)
        or any(field.name in NUMBERS for field in fields if field.concrete)
    )


def personal_tables() -> set[str]:
    every = (model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy)
    return {model._meta.label for model in every if leads_to_a_person(model)}


def test_every_table_about_people_is_held_by_somebody() -> None:
    known = set(holdings.claimed_models()) | set(holdings.left_alone())
    assert {"governance.Member", "inference.Message", "knowledge.Thanks"} <= personal_tables()
    missing = personal_tables() - known
    assert not missing, f"say in a holdings.py what becomes of {sorted(missing)} when their member leaves"


def test_the_list_names_only_tables_that_exist() -> None:
    real = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert set(holdings.claimed_models()) - real == set()
    assert set(holdings.left_alone()) - real == set()
    assert not set(holdings.left_alone()) & set(holdings.claimed_models())


def test_a_new_table_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(holdings._holdings, "conversations")
    assert "inference.Conversation" in personal_tables() - set(holdings.claimed_models())


def test_what_can_be_erased_alone_goes_wholly() -> None:
    """A kind that stays in part is erased with its member only, unless the member chooses what becomes of it."""
    for held in holdings.holdings():
        if held.alone and not held.taught:
            assert held.stays(holdings.Teaching.WITHDRAW) == "", held.key


def test_the_table_of_privacy_has_a_row_for_each() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \|", (ROOT / "docs" / "privacy.md").read_text("utf-8"), flags=re.MULTILINE)
    assert sorted(rows) == sorted(held.key for held in holdings.holdings())
