"""Giving and withdrawing: an event history whose newest event counts, for the text that is put to members now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import QuerySet

from consent import access, stopping
from consent.models import Grant, ShownText
from consent.purposes import Purpose, Way, digest_of, words
from consent.services import grants
from governance.models import Member
from tests.governance.test_races import at_once

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LANGUAGES = [code for code, _name in settings.LANGUAGES]


@pytest.fixture
def member(make_member: Callable[..., Member]) -> Member:
    return make_member("rosa")


def give(member: Member, purpose: Purpose, **changes: Any) -> Grant:
    return grants.give(
        **{"member": member, "purpose": purpose, "language": "en", "way": Way.PAGE, "now": NOW, **changes}
    )


def withdraw(member: Member, purpose: Purpose, now: datetime = NOW) -> Grant | None:
    return grants.withdraw(member=member, purpose=purpose, way=Way.PAGE, now=now)


def make_stale(purpose: Purpose) -> None:
    """As after an upgrade that brought a new text: the agreements were to another one."""
    rows = list(Grant.objects.filter(purpose=purpose))
    Grant.objects.filter(purpose=purpose).delete()
    for row in rows:
        row.version += 1
        row.save(force_insert=True)


@pytest.mark.parametrize("purpose", Purpose)
def test_off_until_given_and_off_again_at_once(member: Member, purpose: Purpose) -> None:
    assert not access.allowed(member_id=member.pk, purpose=purpose)
    given = give(member, purpose)
    assert access.allowed(member_id=member.pk, purpose=purpose)
    assert grants.in_force(member=member) == {purpose}
    assert [*access.consenting(purpose)] == [member.pk]
    assert [*access.for_purpose(Grant, purpose=purpose)] == [given]
    withdraw(member, purpose)
    assert not access.allowed(member_id=member.pk, purpose=purpose)
    assert grants.in_force(member=member) == frozenset()
    assert [*access.consenting(purpose)] == []
    assert [*access.for_purpose(Grant.objects.all(), purpose=purpose)] == []
    give(member, purpose)
    assert access.allowed(member_id=member.pk, purpose=purpose)


def test_one_purpose_and_one_member_say_nothing_about_others(make_member: Callable[..., Member]) -> None:
    rosa, ali = make_member("rosa"), make_member("ali")
    give(rosa, Purpose.HISTORY)
    give(ali, Purpose.CREDIT)
    withdraw(ali, Purpose.HISTORY)
    assert access.agreeing([rosa.pk, ali.pk], purpose=Purpose.HISTORY) == {rosa.pk}
    assert access.agreeing([rosa.pk, ali.pk], purpose=Purpose.CREDIT) == {ali.pk}
    assert grants.in_force(member=rosa) == {Purpose.HISTORY}


def test_twice_is_once(member: Member) -> None:
    assert withdraw(member, Purpose.HISTORY) is None
    first = give(member, Purpose.HISTORY)
    assert give(member, Purpose.HISTORY, language="es", now=NOW + timedelta(hours=1)) == first
    ended = withdraw(member, Purpose.HISTORY)
    assert withdraw(member, Purpose.HISTORY) == ended
    assert [(row.number, row.event) for row in reversed(grants.history(member=member))] == [
        (1, Grant.Event.GIVEN),
        (2, Grant.Event.WITHDRAWN),
    ]


@pytest.mark.django_db(transaction=True)
def test_of_pages_that_act_at_once_one_writes_the_event(member: Member) -> None:
    results = at_once(*[lambda: give(member, Purpose.CREDIT)] * 3)
    assert [type(result) for result in results] == [Grant] * 3
    assert len({result.pk for result in results}) == 1
    results = at_once(*[lambda: withdraw(member, Purpose.CREDIT)] * 3)
    assert len({result.pk for result in results}) == 1
    assert [row.event for row in grants.history(member=member)] == [Grant.Event.WITHDRAWN, Grant.Event.GIVEN]


def test_a_changed_text_asks_again(member: Member) -> None:
    give(member, Purpose.SHARING)
    assert grants.outdated(member=member) == frozenset()
    make_stale(Purpose.SHARING)
    assert not access.allowed(member_id=member.pk, purpose=Purpose.SHARING)
    assert grants.in_force(member=member) == frozenset()
    assert grants.outdated(member=member) == {Purpose.SHARING}
    give(member, Purpose.SHARING)
    assert access.allowed(member_id=member.pk, purpose=Purpose.SHARING)
    assert grants.outdated(member=member) == frozenset()


def test_what_was_read_must_be_what_is_put_to_members_now(member: Member) -> None:
    present = words(Purpose.CREDIT, language="fr")
    read = digest_of(present)
    with pytest.raises(grants.TextChanged):
        give(member, Purpose.CREDIT, language="fr", read=digest_of({**present, "on": "Something else."}))
    assert not Grant.objects.exists()
    assert give(member, Purpose.CREDIT, language="fr", read=read).shown_id == read


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_very_words_are_kept(member: Member, language: str) -> None:
    row = give(member, Purpose.TRAINING, language=language)
    shown = ShownText.objects.get(pk=row.shown_id)
    assert shown.words == words(Purpose.TRAINING, language=language)
    assert shown.sha256 == digest_of(shown.words)
    assert (shown.language, shown.version, shown.purpose) == (language, row.version, "training")
    assert all(shown.words.values())


def test_history_is_not_rewritten(member: Member) -> None:
    row = give(member, Purpose.HISTORY)
    for change in (
        lambda: Grant.objects.filter(pk=row.pk).update(event=Grant.Event.WITHDRAWN),
        lambda: ShownText.objects.update(words={}),
        lambda: ShownText.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    member.delete()
    assert not Grant.objects.exists()
    assert ShownText.objects.exists()


@pytest.fixture
def stopped() -> Iterator[list[int]]:
    heard: list[int] = []

    def hook(*, member_id: int, now: datetime) -> None:
        assert not access.allowed(member_id=member_id, purpose=Purpose.MEMORY)
        heard.append(member_id)

    stopping.register_stop(Purpose.MEMORY, hook)
    stopping.register_stop(Purpose.MEMORY, hook)
    yield heard
    stopping._stops[Purpose.MEMORY].remove(hook)


def test_rooms_above_hear_of_a_withdrawal_once(member: Member, stopped: list[int]) -> None:
    withdraw(member, Purpose.MEMORY)
    give(member, Purpose.MEMORY)
    give(member, Purpose.HISTORY)
    withdraw(member, Purpose.HISTORY)
    assert stopped == []
    withdraw(member, Purpose.MEMORY)
    withdraw(member, Purpose.MEMORY)
    assert stopped == [member.pk]


def test_a_look_up_that_fails_means_no(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    give(member, Purpose.HISTORY)

    def fails(self: QuerySet[Grant], *args: Any) -> QuerySet[Grant]:
        raise DatabaseError("gone")

    monkeypatch.setattr(type(Grant.objects.all()), "in_force", fails)
    assert not access.allowed(member_id=member.pk, purpose=Purpose.HISTORY)
    with pytest.raises(DatabaseError):
        list(access.for_purpose(Grant, purpose=Purpose.HISTORY))


def test_looking_up_many_is_one_query(
    make_member: Callable[..., Member], django_assert_num_queries: Callable[..., Any]
) -> None:
    people = [make_member(f"m{number}") for number in range(5)]
    for each in people[:3]:
        give(each, Purpose.CREDIT)
    with django_assert_num_queries(1):
        assert len(access.agreeing([each.pk for each in people], purpose=Purpose.CREDIT)) == 3
