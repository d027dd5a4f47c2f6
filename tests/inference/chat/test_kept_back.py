"""Fifty members ask at once, and the model reads for each of them: nobody gets what a label keeps from them.

One note for each label and for pairs of them, each with a number of its own that stands nowhere else. Members hold the
roles admin, teacher, a role that the community made, or none; of two labels with a season one is in season and one is
not. Looked at are the model's words, citations, cards, and, while others are still being answered, the pages with
counts and suggestions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community_ai.core import clock
from consent.access import in_service
from governance.models import Member
from inference import live
from inference.models import Answer, AnswerState, Citation, Lookup, Message
from inference.services.citations import grounds_of
from knowledge.default_labels import DEFAULT_LABELS
from knowledge.rules_of_use import Season, Terms, Use, combine, rules_of
from tests.inference.chat.conftest import asked, in_db, until
from tests.inference.retrieval.conftest import model, prepared
from tests.knowledge.conftest import JUNE, add, decide, labels, person, roles

__all__ = ["labels", "model", "person", "prepared", "roles"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

CHATS = 50
MADE = {"elders": Terms(see_roles=("elder", "admin")), "summer": Terms(season=Season("05-01", "08-31"))}
TERMS = {default.key: default.terms for default in DEFAULT_LABELS} | MADE
# The place of each note's spring, its labels, and the number of its birch.
NOTES: dict[str, tuple[tuple[str, ...], str]] = {
    "village": ((), "10101"),
    "school": (("teachers",), "20202"),
    "council": (("elders",), "30303"),
    "winter": (("seasonal",), "40404"),
    "meadow": (("summer",), "50505"),
    "quarry": (("not-by-ai",), "60606"),
    "chapel": (("teachers", "summer"), "70707"),
    "forest": (("elders", "seasonal"), "80808"),
}
ROLES = ((), ("admin",), ("teacher",), ("elder",))


def allowed(use: Use, held: tuple[str, ...]) -> set[str]:
    """The numbers of the notes that the pure core allows to somebody with these roles, in June."""
    day = timezone.localtime(JUNE, timezone.get_default_timezone()).date()
    return {
        number
        for keys, number in NOTES.values()
        if combine(rules_of(TERMS[key]) for key in keys).allows(use, roles=frozenset(held), day=day)
    }


def numbers_in(text: str) -> set[str]:
    return {number for _, number in NOTES.values() if number in text}


def write_notes(author: Member) -> None:
    for key, terms in MADE.items():
        decide("label-define", {"label": key, "name": key.title(), "text": "Ask.", "terms": terms.to_json()}, by=author)
    for place, (keys, number) in NOTES.items():
        add(author, f"The {place} spring", f"The {place} spring lies under birch number {number}.", labels=list(keys))


def heard(member: Member, message: Message) -> dict[str, set[str]]:
    """The numbers that came to the member with this answer, on each way."""
    answer = in_service(Answer).get(message=message)
    assert answer.state == AnswerState.DONE
    grounds = grounds_of(member=member, answer_ids=[answer.pk], now=clock.now())[answer.pk]
    cited = in_service(Citation).filter(lookup__answer=answer).select_related("entry__present")
    return {
        "words": numbers_in(in_service(Message).get(pk=message.pk).text),
        "cards": numbers_in(" ".join(f"{card.text} {card.entry.present.body}" for card in grounds.cards)),
        "citations": numbers_in(" ".join(f"{row.text} {row.entry.present.body}" for row in cited)),
    }


def seen(member: Member, conversation_id: UUID) -> dict[str, Any]:
    """The pages that show what there is, count it, and suggest something."""
    client = Client()
    client.force_login(member)
    places = {
        "chat": reverse("inference:conversation", args=[conversation_id]),
        "search": reverse("knowledge:search") + "?q=spring+birch",
        "home": reverse("knowledge:home"),
        "questions": reverse("knowledge:questions"),
    }
    return {name: client.get(place).content.decode() for name, place in places.items()}


async def test_fifty_chats_that_the_model_reads_for(
    person: Callable[..., Member], prepared: Callable[[], None], terse_chat: live.Live
) -> None:
    with clock.clock_at(JUNE):
        author = await in_db(person, "author", "member")
        await in_db(write_notes, author)
        await in_db(prepared)
        held = [ROLES[number % len(ROLES)] for number in range(CHATS)]
        members = [await in_db(person, f"m{number}", "member", *each) for number, each in enumerate(held)]
        # With four roles and eight places every role asks about every place.
        places = [list(NOTES)[number // len(ROLES) % len(NOTES)] for number in range(CHATS)]
        messages = [
            await in_db(asked, member, f"Under which birch does the {place} spring lie?")
            for member, place in zip(members, places, strict=True)
        ]
        pages = [
            await in_db(seen, member, message.conversation_id)
            for member, message in zip(members, messages, strict=True)
        ]
        await until(lambda: not in_service(Answer).filter(finished_at=None).exists(), seconds=240)
        came = [await in_db(heard, member, message) for member, message in zip(members, messages, strict=True)]
        after = [
            await in_db(seen, member, message.conversation_id)
            for member, message in zip(members, messages, strict=True)
        ]
    read = await in_db(in_service(Lookup).filter(outcome=Lookup.Outcome.READ).count)
    assert read >= CHATS * 0.6
    through: dict[str, set[tuple[tuple[str, ...], str]]] = {}
    for roles_of_member, ways, before_end, at_end in zip(held, came, pages, after, strict=True):
        quoted = allowed(Use.QUOTE, ("member", *roles_of_member))
        shown = allowed(Use.SEE, ("member", *roles_of_member))
        for way, numbers in ways.items():
            assert numbers <= quoted, (roles_of_member, way)
            through.setdefault(way, set()).update((roles_of_member, number) for number in numbers)
        for looked in (before_end, at_end):
            assert numbers_in(looked["chat"]) <= quoted, roles_of_member
            assert numbers_in(looked["search"]) == shown, roles_of_member
            counted = re.search(r'id="found">(\d+) found', looked["search"])
            assert counted
            assert int(counted[1]) == len(shown), roles_of_member
            assert numbers_in(looked["home"] + looked["questions"]) <= shown, roles_of_member
    # What is allowed does come through, to every role, so that a leak would have shown.
    everything = {(each, number) for each in ROLES for number in allowed(Use.QUOTE, ("member", *each))}
    assert through["cards"] == through["citations"] == everything
    assert len(through["words"]) >= len(everything) // 2
