"""Cards under an answer on the page: the note, who taught it, what a label keeps back, and whom to ask without one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from community_ai.core import clock
from governance.models import Member
from inference.behaviour import founding_behaviour
from inference.models import Citation, Lookup, Message
from inference.services import behaviour
from knowledge.models import Entry
from knowledge.services import entries
from tests.inference.chat.conftest import answered, asked
from tests.knowledge.conftest import add, labels, person, roles

__all__ = ["labels", "person", "roles"]

pytestmark = pytest.mark.django_db

SCRIPT = "<script>document.title='broken'</script>"


@pytest.fixture
def ana(labels: None, person: Callable[..., Member]) -> Member:
    behaviour.found(behaviour=founding_behaviour(community_name="Weavers", model_sha256="a" * 64), now=clock.now())
    return person("ana", "member")


@pytest.fixture
def ben(ana: Member, person: Callable[..., Member]) -> Member:
    return person("ben", "member")


def page_of(member: Member, message: Message) -> str:
    client = Client()
    client.force_login(member)
    response = client.get(reverse("inference:conversation", args=[message.conversation_id]))
    assert response.status_code == 200
    return response.content.decode()


def standing_on(member: Member, entry: Entry | None, outcome: str) -> Message:
    """An answer to `member` that says it stands on `entry`."""
    message = answered(asked(member, "Where is the spring?"), "Our notes say so. [1]")
    lookup = Lookup.objects.create(member=member, answer=message.answer, outcome=outcome)
    if entry is not None:
        Citation.objects.create(
            member=member, lookup=lookup, number=1, entry=entry, version=1, text=f"Under the birch. {SCRIPT}"
        )
    return message


def test_the_note_and_who_taught_it_stand_under_the_answer(ana: Member, ben: Member) -> None:
    entry = add(ana, f"The spring {SCRIPT}", "Under the birch.")
    page = page_of(ben, standing_on(ben, entry, "quote"))
    assert reverse("knowledge:entry", args=[entry.pk]) in page
    assert "Under the birch." in page
    assert f"Taught by <strong><bdi>{ana}</bdi></strong>" in page
    assert SCRIPT not in page
    assert "You taught this." in page_of(ana, standing_on(ana, entry, "quote"))


def test_a_note_that_changed_says_so_and_one_that_is_gone_leaves_no_trace(ana: Member, ben: Member) -> None:
    entry = add(ana, "The spring", "Under the birch.")
    message = standing_on(ben, entry, "quote")
    entries.retire(entry_id=entry.pk, by=ana, now=clock.now())
    page = page_of(ben, message)
    assert "not here any more, or not for you now" in page
    assert "The spring" not in page
    assert "Under the birch" not in page


def test_where_there_is_no_note_the_page_says_whom_to_ask(ana: Member) -> None:
    message = standing_on(ana, None, "nothing")
    page = page_of(ana, message)
    assert reverse("inference:ask_teachers", args=[message.pk]) in page
    assert reverse("knowledge:add") in page


def test_an_answer_that_stands_on_nothing_of_ours_has_no_cards(ana: Member) -> None:
    assert "grounds" not in page_of(ana, standing_on(ana, None, "free"))
