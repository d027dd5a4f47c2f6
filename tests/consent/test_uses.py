"""Every purpose times every use: what a member agreed to is done, and stops at once when they take it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.models import QuerySet

from community_ai.core.clock import clock_at
from consent.access import own
from consent.models import Grant
from consent.purposes import Purpose
from governance.models import Member
from governance.signing_out import signed_out
from inference.keeping import erase_unkept_conversations
from inference.models import Conversation, Remembered
from inference.services import memory
from inference.services.conversations import search as search_conversations
from knowledge import access
from knowledge.credit import credit_line, writer
from knowledge.models import Correction, CorrectionState, Entry, EntryVersion, Passage
from knowledge.rules_of_use import Use
from knowledge.services import corrections, examples, exports, question_set, reviews
from knowledge.services import search as search_passages
from tests.agreeing import agree, take_back
from tests.consent.test_grants import make_stale
from tests.knowledge.conftest import JUNE, add, labels, person, roles, teacher
from tests.knowledge.teaching import entry_of, teach

__all__ = ["labels", "person", "roles", "teacher"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(person: Callable[..., Member], labels: None, teacher: Member) -> Member:
    """Who taught all of it, and talked with the AI yesterday; the others only read."""
    rosa = person("rosa", "member", "teacher")
    add(rosa, "The mill", "It grinds on Fridays.")
    taught = teach(rosa, may_train=True)
    reviews.accept_as_knowledge(reviewer=teacher, correction_id=taught.pk, number=1, new=entry_of(), now=JUNE)
    example = teach(rosa, may_train=True)
    reviews.accept_as_example(reviewer=teacher, correction_id=example.pk, number=1, text="So.", now=JUNE)
    question_set.add(by=rosa, text="When does the mill grind?", answers=["Fridays"], language="en", now=JUNE)
    yesterday = JUNE - timedelta(hours=13)
    Conversation.objects.create(member=rosa, title="About the mill", began_at=yesterday, active_at=yesterday)
    memory.remember(member=rosa, text="I work at the mill.", source=Remembered.Source.PAGE, now=JUNE)
    return rosa


@pytest.fixture
def reader(person: Callable[..., Member]) -> Member:
    return person("reader", "member")


def uses(rosa: Member, reader: Member) -> dict[str, bool]:
    """Each use, and whether it is made now of what Rosa said."""
    mill = Entry.objects.get(title="The mill")
    version = EntryVersion.objects.select_related("author").get(entry=mill)
    rules, named = access.rules_on([mill.pk])[mill.pk], access.named([rosa.pk])
    corrected = Entry.objects.exclude(pk=mill.pk)

    def usable(use: Use, member: Member | None, entries: QuerySet[Entry]) -> bool:
        return access.usable(Entry, member=member, use=use, now=JUNE).filter(pk__in=entries).exists()

    mine = Entry.objects.filter(pk=mill.pk)
    words = search_passages.ranked("mill grinds", member=reader, use=Use.QUOTE, now=JUNE).words
    with clock_at(JUNE):
        return {
            "conversations": own(Conversation, member=rosa).exists(),
            "searching conversations": bool(search_conversations(member=rosa, query="mill").found),
            "answering with what is remembered": memory.usable(rosa.pk) == ("I work at the mill.",),
            "quoting": usable(Use.QUOTE, reader, mine),
            "quoting what a teacher wrote of it": usable(Use.QUOTE, reader, corrected),
            "finding": Passage.objects.filter(pk__in=words, entry=mill).exists(),
            "learning": usable(Use.LEARN, None, mine),
            "learning what a teacher wrote of it": usable(Use.LEARN, None, corrected),
            "learning from examples": examples.learnable().exists(),
            "testing": question_set.askable(member=reader, now=JUNE).exists(),
            "sharing": usable(Use.SHARE, None, mine),
            "sharing what a teacher wrote of it": usable(Use.SHARE, None, corrected),
            "name beside an entry": credit_line(mill, rules, member=reader, named=named).name == "rosa",
            "name beside a version": writer(version.author, rules, member=reader, named=named) == "rosa",
            "name in a copy": any('"taught_by":"rosa"' in line for line in exports.json_lines(member=reader, now=JUNE)),
        }


PURPOSES = {
    "conversations": Purpose.HISTORY,
    "searching conversations": Purpose.HISTORY,
    "answering with what is remembered": Purpose.MEMORY,
    "quoting": Purpose.KNOWLEDGE,
    "quoting what a teacher wrote of it": Purpose.KNOWLEDGE,
    "finding": Purpose.KNOWLEDGE,
    "learning": Purpose.TRAINING,
    "learning what a teacher wrote of it": Purpose.TRAINING,
    "learning from examples": Purpose.TRAINING,
    "testing": Purpose.EVALUATION,
    "sharing": Purpose.SHARING,
    "sharing what a teacher wrote of it": Purpose.SHARING,
    "name beside an entry": Purpose.CREDIT,
    "name beside a version": Purpose.CREDIT,
    "name in a copy": Purpose.CREDIT,
}


@pytest.mark.parametrize("way", ["taken back", "another text"])
@pytest.mark.parametrize("purpose", Purpose)
def test_a_use_stops_with_its_purpose_and_with_no_other(
    purpose: Purpose, way: str, rosa: Member, reader: Member
) -> None:
    assert uses(rosa, reader) == dict.fromkeys(PURPOSES, True)
    if way == "taken back":
        take_back(rosa, purpose)
        assert uses(rosa, reader) == {use: needed is not purpose for use, needed in PURPOSES.items()}
    else:
        make_stale(purpose)
        stopped = {use for use, made in uses(rosa, reader).items() if not made}
        assert stopped == {use for use, needed in PURPOSES.items() if needed is purpose}


def test_nothing_is_used_of_somebody_who_was_never_asked(rosa: Member, reader: Member) -> None:
    Grant.objects.filter(member=rosa).delete()
    assert uses(rosa, reader) == dict.fromkeys(PURPOSES, False)
    agree(rosa)
    assert uses(rosa, reader) == dict.fromkeys(PURPOSES, True)


def test_nothing_is_used_while_it_cannot_be_looked_up(
    rosa: Member, reader: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any) -> Any:
        raise DatabaseError("gone")

    monkeypatch.setattr(type(Grant.objects.all()), "in_force", fails)
    assert access.named([rosa.pk]) == frozenset()
    assert memory.usable(rosa.pk) == ()
    for use, member in ((Use.QUOTE, reader), (Use.LEARN, None), (Use.SHARE, None)):
        with pytest.raises(DatabaseError):
            list(access.usable(Entry, member=member, use=use, now=JUNE))
    with pytest.raises(DatabaseError):
        list(own(Conversation, member=rosa))
    assert access.visible(Entry, member=reader, now=JUNE).count() == 2, "people read on"


def test_members_read_on_and_the_ai_answers_its_author(rosa: Member, reader: Member) -> None:
    take_back(rosa, Purpose.KNOWLEDGE)
    mill = Entry.objects.filter(title="The mill")
    assert access.visible(Entry, member=reader, now=JUNE).filter(pk__in=mill).exists()
    assert access.usable(Entry, member=rosa, use=Use.QUOTE, now=JUNE).filter(pk__in=mill).exists()


def test_what_is_nobodys_any_more_is_quoted_and_neither_learnt_nor_shared(rosa: Member, reader: Member) -> None:
    mill = Entry.objects.get(title="The mill")
    Correction.objects.filter(member=rosa).delete()
    Grant.objects.filter(member=rosa).delete()
    Conversation.objects.all().delete()
    rosa.delete()
    mill.refresh_from_db()
    assert mill.author is None
    assert access.usable(Entry, member=reader, use=Use.QUOTE, now=JUNE).filter(pk=mill.pk).exists()
    for use in (Use.LEARN, Use.SHARE):
        assert not access.usable(Entry, member=None, use=use, now=JUNE).filter(pk=mill.pk).exists()
    named = access.named([None])
    line = credit_line(mill, access.rules_on([mill.pk])[mill.pk], member=reader, named=named)
    assert (line.name, line.sentence) == ("", "Taught by a former member.")


def test_a_correction_that_was_taken_back_frees_no_words(rosa: Member, reader: Member) -> None:
    """What led from the entry to Rosa is gone, so the entry goes, too."""
    take_back(rosa, Purpose.KNOWLEDGE)
    row = Correction.objects.get(member=rosa, state=CorrectionState.KNOWLEDGE)
    assert row.entry is not None
    usable = access.usable(Entry, member=reader, use=Use.QUOTE, now=JUNE).filter(pk=row.entry.pk)
    assert not usable.exists()
    corrections.withdraw(member=rosa, correction_id=row.pk, now=JUNE)
    assert not usable.exists()


def test_a_teacher_is_offered_training_only_with_both_words(rosa: Member, teacher: Member) -> None:
    said_no, said_yes = teach(rosa, may_train=False), teach(rosa, may_train=True)

    def offered(row: Correction) -> bool:
        return reviews.load(reviewer=teacher, pk=row.pk).may_train

    assert (offered(said_no), offered(said_yes)) == (False, True)
    take_back(rosa, Purpose.TRAINING)
    assert (offered(said_no), offered(said_yes)) == (False, False)
    with pytest.raises(reviews.NoTraining):
        reviews.accept_as_example(reviewer=teacher, correction_id=said_yes.pk, number=1, text="So.", now=JUNE)


def test_conversations_are_erased_when_their_time_is_over(rosa: Member, reader: Member) -> None:
    def left(member: Member) -> int:
        return Conversation.objects.filter(member=member).count()

    fresh = JUNE - timedelta(hours=11)
    for member in (rosa, reader):
        Conversation.objects.create(member=member, title="Now", began_at=fresh, active_at=fresh)
    with clock_at(JUNE):
        erase_unkept_conversations()
        assert (left(rosa), left(reader)) == (2, 1)
        take_back(rosa, Purpose.HISTORY)
        assert own(Conversation, member=rosa).count() == 1, "out of reach before it is erased"
        erase_unkept_conversations()
        assert (left(rosa), left(reader)) == (1, 1)
    with clock_at(JUNE + timedelta(hours=2)):
        assert not own(Conversation, member=rosa).exists()
        erase_unkept_conversations()
        erase_unkept_conversations()
        assert (left(rosa), left(reader)) == (0, 1)


def test_signing_out_erases_what_is_not_kept(rosa: Member, reader: Member) -> None:
    for member in (rosa, reader):
        Conversation.objects.create(member=member, title="Now", began_at=JUNE, active_at=JUNE)
    signed_out(member_id=rosa.pk, now=JUNE)
    assert Conversation.objects.filter(member=rosa).count() == 2
    take_back(rosa, Purpose.HISTORY)
    signed_out(member_id=rosa.pk, now=JUNE)
    assert [row.member for row in Conversation.objects.all()] == [reader]


def test_looking_up_costs_no_query_for_each_entry(
    rosa: Member, reader: Member, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(20):
        add(rosa, f"Note {number}", "Flour.")
    with django_assert_max_num_queries(8):
        assert access.usable(Entry, member=reader, use=Use.QUOTE, now=JUNE).count() == 22
