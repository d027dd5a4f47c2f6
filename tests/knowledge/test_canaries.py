"""Nobody gets what a label keeps from them: for every role, season and use, on every way into the rows.

What the database lets through is compared with what the pure core says, entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import combinations
from typing import Any

import pytest
from django.utils import timezone

from governance.models import Member
from knowledge import access
from knowledge.default_labels import DEFAULT_LABELS
from knowledge.models import Entry, EntryKind, EntryVersion, Passage, Thanks
from knowledge.rules_of_use import Terms, Use, combine, rules_of
from knowledge.services import entries, search
from tests.knowledge.conftest import DECEMBER, JUNE, add, decide

TERMS = {default.key: default.terms for default in DEFAULT_LABELS} | {"elders": Terms(see_roles=("elder", "admin"))}
SETS = [(), *((key,) for key in TERMS), *combinations(TERMS, 2)]
PEOPLE: dict[str, tuple[str, ...]] = {
    "nobody special": ("member",),
    "admin": ("member", "admin"),
    "teacher": ("member", "teacher"),
    "elder": ("member", "elder"),
    "teacher and elder": ("member", "teacher", "elder"),
}


@pytest.fixture
def canaries(author: Member) -> dict[Any, frozenset[str]]:
    """For each set of labels one word that stands nowhere else. Returns the sets by the entries' ids."""
    payload = {"label": "elders", "name": "Elders", "text": "Ask.", "terms": TERMS["elders"].to_json()}
    decide("label-define", payload, by=author)
    made = {}
    for number, labels in enumerate(SETS):
        entry = add(
            author,
            f"kanari{number:03}",
            f"The secret of kanari{number:03} is honey.",
            kind=EntryKind.TERM,
            labels=labels,
            tags=[f"theme {number}"],
        )
        made[entry.pk] = frozenset(labels)
    return made


def allowed(canaries: dict[Any, frozenset[str]], use: Use, roles: tuple[str, ...], now: datetime) -> set[Any]:
    """What the pure core allows."""
    day = timezone.localtime(now, timezone.get_default_timezone()).date()
    return {
        pk
        for pk, labels in canaries.items()
        if combine(rules_of(TERMS[key]) for key in labels).allows(use, roles=frozenset(roles), day=day)
    }


@pytest.mark.parametrize("now", [JUNE, DECEMBER], ids=["June", "December"])
@pytest.mark.parametrize("who", PEOPLE)
def test_members_get_what_the_labels_allow_on_every_way(
    canaries: dict[Any, frozenset[str]], person: Callable[..., Member], who: str, now: datetime
) -> None:
    member = person("somebody", *PEOPLE[who])
    seen = allowed(canaries, Use.SEE, PEOPLE[who], now)
    assert 0 < len(seen) < len(canaries) or who == "teacher and elder"
    rows = {model: access.visible(model, member=member, now=now) for model in (Entry, EntryVersion, Passage)}
    assert set(rows[Entry].values_list("pk", flat=True)) == seen
    assert set(rows[EntryVersion].values_list("entry", flat=True)) == seen
    assert set(rows[Passage].values_list("entry", flat=True)) == seen
    assert set(access.reachable(Entry, member=member, now=now).values_list("pk", flat=True)) == seen
    themes = set(access.tags(member=member, now=now).values_list("name", flat=True))
    assert themes == {f"theme {number}" for number, pk in enumerate(canaries) if pk in seen}
    for pk in canaries:
        if pk in seen:
            assert access.reachable_row(Entry, member=member, pk=pk, now=now).pk == pk
            assert entries.thank(entry_id=pk, member=member, now=now)
        else:
            with pytest.raises(access.NotFound):
                access.reachable_row(Entry, member=member, pk=pk, now=now)
            with pytest.raises(entries.NoSuchEntry):
                entries.thank(entry_id=pk, member=member, now=now)
    assert set(access.visible(Thanks, member=member, now=now).values_list("entry", flat=True)) == seen
    for use in (Use.SEE, Use.QUOTE):
        expected = allowed(canaries, use, PEOPLE[who], now)
        assert found_by_searching(canaries, member, use, now) == expected
        assert named_exactly(canaries, member, use, now) == expected


def found_by_searching(canaries: dict[Any, frozenset[str]], member: Member, use: Use, now: datetime) -> set[Any]:
    """Entries that come up for any canary's own word, which shares its trigrams and the text around it with all."""
    entry_of = dict(access.in_service(Passage).values_list("pk", "entry"))
    found = set()
    for number in range(0, len(canaries), 5):
        question = f"The secret of kanari{number:03}?"
        ranking = search.ranked(question, member=member, use=use, now=now, limit=len(canaries))
        found |= {entry_of[pk] for pk in (*ranking.words, *ranking.trigrams)}
    return found


def named_exactly(canaries: dict[Any, frozenset[str]], member: Member, use: Use, now: datetime) -> set[Any]:
    return {
        entry.pk
        for number in range(len(canaries))
        for entry in search.exact(f"What is kanari{number:03}?", member=member, use=use, now=now)
    }


@pytest.mark.parametrize("now", [JUNE, DECEMBER], ids=["June", "December"])
@pytest.mark.parametrize("use", [Use.LEARN, Use.SHARE])
def test_learning_and_sharing_take_what_the_labels_allow_to_all(
    canaries: dict[Any, frozenset[str]], use: Use, now: datetime
) -> None:
    expected = allowed(canaries, use, (), now)
    assert 0 < len(expected) < len(canaries)
    assert set(access.usable(Passage, member=None, use=use, now=now).values_list("entry", flat=True)) == expected


@pytest.mark.parametrize("now", [JUNE, DECEMBER], ids=["June", "December"])
def test_authors_see_their_own_and_the_ai_repeats_to_them_what_may_be_quoted(
    canaries: dict[Any, frozenset[str]], author: Member, now: datetime
) -> None:
    assert set(access.visible(Entry, member=author, now=now).values_list("pk", flat=True)) == set(canaries)
    quoted = access.usable(Entry, member=author, use=Use.QUOTE, now=now)
    assert set(quoted.values_list("pk", flat=True)) == {
        pk for pk, labels in canaries.items() if "not-by-ai" not in labels
    }


def test_who_cannot_act_gets_nothing(canaries: dict[Any, frozenset[str]], author: Member, reader: Member) -> None:
    for member in (author, reader):
        member.is_active = False
        member.save()
        assert not access.visible(Passage, member=member, now=JUNE).exists()
        assert not access.reachable(Entry, member=member, now=JUNE).exists()
        assert not access.tags(member=member, now=JUNE).exists()
        assert search.ranked("kanari000", member=member, use=Use.QUOTE, now=JUNE) == search.Ranking()


def test_a_use_without_its_person_is_an_error(author: Member) -> None:
    for member, use in ((None, Use.SEE), (None, Use.QUOTE), (author, Use.LEARN), (author, Use.SHARE)):
        with pytest.raises(ValueError, match="member"):
            access.usable(Entry, member=member, use=use, now=JUNE)


def test_what_is_hidden_takes_nobodys_place(author: Member, reader: Member) -> None:
    """Many better passages that a label hides leave the room to the one that is allowed."""
    for number in range(60):
        add(author, f"Honey {number}", "Honey honey honey honey.", labels=["teachers"])
    shown = add(author, "Bees", "Bees make wax, and somewhat later perhaps a little honey, in a long summer.")
    ranking = search.ranked("honey", member=reader, use=Use.QUOTE, now=JUNE, limit=3)
    passage = access.visible(Passage, member=reader, now=JUNE).get(entry=shown)
    assert ranking.words == ranking.trigrams == [passage.pk]


def test_related_entries_that_a_label_hides_are_not_shown(author: Member, reader: Member) -> None:
    shown, hidden = add(author, "Shown"), add(author, "Hidden", labels=["teachers"])
    other = add(author, "Other")
    for related in (hidden, other):
        entries.relate(entry_id=shown.pk, other_id=related.pk, by=author, now=JUNE)
    assert list(access.related(shown, member=reader, now=JUNE)) == [other]
    assert set(access.related(shown, member=author, now=JUNE)) == {hidden, other}


def test_the_day_is_the_day_of_the_community(author: Member, reader: Member, settings: Any) -> None:
    """A season begins at midnight where the community lives."""
    add(author, "Winter", labels=["seasonal"])
    last_of_october = datetime(2026, 11, 1, 2, tzinfo=JUNE.tzinfo)
    assert access.visible(Entry, member=reader, now=last_of_october).exists()
    settings.TIME_ZONE = "America/Lima"
    assert not access.visible(Entry, member=reader, now=last_of_october).exists()
