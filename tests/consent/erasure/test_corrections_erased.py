"""Erasing what one taught never turns a no into a yes: what a teacher made of it goes, too, or is put aside."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from community_ai.core.holdings import Teaching, holding
from consent.erasure_forms import LeaveForm
from consent.purposes import Purpose
from consent.services import erasure
from governance.models import Member
from knowledge import access
from knowledge.content import Content
from knowledge.models import Correction, Entry, EntryState
from knowledge.rules_of_use import Use
from knowledge.services import corrections, entries, reviews
from tests.agreeing import take_back
from tests.knowledge.conftest import JUNE
from tests.knowledge.teaching import BETTER, QUESTION, entry_of, teach

pytestmark = pytest.mark.django_db(transaction=True)


def piece(ana: Member, key: UUID) -> None:
    erasure.erase_piece(member=ana, kind="corrections", key=str(key), now=JUNE)


def kind(ana: Member, key: UUID) -> None:
    erasure.erase_kind(member=ana, kind="corrections", now=JUNE)


def leaves(ana: Member, key: UUID) -> None:
    erasure.erase_all(member=ana, teaching=Teaching.WITHDRAW, now=JUNE)
    erasure.finish(now=JUNE)


def takes_back(ana: Member, key: UUID) -> None:
    corrections.withdraw(member=ana, correction_id=key, now=JUNE)


Ends = Callable[[Member, UUID], None]
WAYS = pytest.mark.parametrize("ends", [piece, kind, leaves, takes_back])


def accepted(people: dict[str, Member], *, with_name: bool = False) -> tuple[Correction, Entry]:
    row = teach(people["ana"], may_train=True, with_name=with_name)
    made = reviews.accept_as_knowledge(
        reviewer=people["rosa"], correction_id=row.pk, number=1, new=entry_of(), now=JUNE
    )
    return row, made


def used(entry: Entry, reader: Member) -> list[Use]:
    asked = ((reader, Use.QUOTE), (None, Use.LEARN), (None, Use.SHARE))
    return [
        use for who, use in asked if access.usable(Entry, member=who, use=use, now=JUNE).filter(pk=entry.pk).exists()
    ]


@WAYS
def test_the_entry_made_of_it_goes_with_it(ends: Ends, people: dict[str, Member]) -> None:
    row, entry = accepted(people)
    take_back(people["ana"], *Purpose)
    ends(people["ana"], row.pk)
    assert used(entry, people["bela"]) == []
    assert not Entry.objects.filter(pk=entry.pk).exists()


@WAYS
def test_what_was_worded_anew_since_is_put_aside(ends: Ends, people: dict[str, Member]) -> None:
    row, entry = accepted(people)
    entries.revise(
        entry_id=entry.pk, by=people["rosa"], base=1, content=Content(QUESTION, f"{BETTER} Or so."), now=JUNE
    )
    take_back(people["ana"], *Purpose)
    ends(people["ana"], row.pk)
    assert used(entry, people["bela"]) == []
    assert Entry.objects.get(pk=entry.pk).state == EntryState.RETIRED


def test_an_entry_with_her_name_stays_hers_and_bound(people: dict[str, Member]) -> None:
    row, entry = accepted(people, with_name=True)
    piece(people["ana"], row.pk)
    assert used(entry, people["bela"])
    take_back(people["ana"], *Purpose)
    assert used(entry, people["bela"]) == []


def test_left_here_without_her_name_it_stays(people: dict[str, Member]) -> None:
    _row, entry = accepted(people)
    erasure.erase_all(member=people["ana"], teaching=Teaching.ANONYMISE, now=JUNE)
    erasure.finish(now=JUNE)
    assert Use.QUOTE in used(entry, people["bela"])


def test_leaving_it_here_is_a_yes_in_words_and_never_chosen_beforehand(people: dict[str, Member]) -> None:
    form = LeaveForm(member=people["ana"], duties=[])
    assert "It stays, without my name, and the AI may answer our members with it" in str(form["teaching"])
    assert "checked" not in str(form["teaching"])
    assert not LeaveForm({"name": "ana"}, member=people["ana"], duties=[]).is_valid()
    for key in ("entries", "corrections"):
        assert "the AI may answer our members with" in str(holding(key).stays(Teaching.ANONYMISE))
    assert "put aside" in str(holding("corrections").stays(Teaching.WITHDRAW))
