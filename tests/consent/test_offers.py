"""Forms in which somebody teaches offer the agreement right there, switched off, to who has not given it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from consent.models import Grant
from consent.offering import Offer
from consent.purposes import Purpose, Way
from consent.services import grants
from governance.models import Member
from knowledge.models import Entry, EntryKind
from tests.agreeing import agree
from tests.knowledge.conftest import add, labels, person, roles
from tests.knowledge.importing import csv_of, planned
from tests.knowledge.teaching import teach

__all__ = ["labels", "person", "roles"]
pytestmark = pytest.mark.django_db
ENTRY = {"title": "The mill", "body": "It grinds.", "language": "en", "key": "k" * 32, "publish": "1", "examples": "0"}


@pytest.fixture
def rosa(person: Callable[..., Member], labels: None) -> Member:
    """Who may do everything, and agrees to nothing yet."""
    rosa = person("rosa", "member", "teacher")
    Grant.objects.filter(member=rosa).delete()
    return rosa


@pytest.fixture
def client(rosa: Member) -> Client:
    client = Client()
    client.force_login(rosa)
    return client


def sent(offer: Offer, *switched: Purpose) -> dict[str, str]:
    """What a browser sends of an offer."""
    hidden = {field.html_name: str(field.value() or "") for card in offer.cards for field in card.hidden}
    return hidden | {purpose.value: "on" for purpose in switched}


def test_the_form_of_an_entry(client: Client, rosa: Member) -> None:
    page = client.get(f"/knowledge/add/{EntryKind.NOTE}/")
    offer = page.context["offer"]
    assert [card.purpose for card in offer.cards] == [Purpose.KNOWLEDGE]
    assert not offer.cards[0].switch.value(), "off until it is switched on"
    client.post(f"/knowledge/add/{EntryKind.NOTE}/", {**ENTRY, **sent(offer)})
    assert Entry.objects.count() == 1
    assert grants.in_force(member=rosa) == frozenset(), "it is added all the same"
    client.post(f"/knowledge/add/{EntryKind.NOTE}/", {**ENTRY, "body": "Daily.", **sent(offer, Purpose.KNOWLEDGE)})
    assert Entry.objects.count() == 2
    (event,) = grants.history(member=rosa)
    assert (event.purpose, event.way) == (Purpose.KNOWLEDGE, Way.ENTRY)
    assert client.get(f"/knowledge/add/{EntryKind.NOTE}/").context["offer"].cards == []


def test_words_that_changed_while_writing_lose_nothing(client: Client, rosa: Member) -> None:
    offer = client.get(f"/knowledge/add/{EntryKind.NOTE}/").context["offer"]
    wrong = {**sent(offer, Purpose.KNOWLEDGE), "read_knowledge": "0" * 64}
    response = client.post(f"/knowledge/add/{EntryKind.NOTE}/", {**ENTRY, **wrong})
    assert response.status_code == 422
    text = response.content.decode()
    assert "changed meanwhile" in text and "It grinds." in text
    assert not Entry.objects.exists()


def test_changing_an_entry_offers_it_to_its_author_alone(
    client: Client, rosa: Member, person: Callable[..., Member]
) -> None:
    mine, others = add(rosa, "Mine"), add(person("ali", "member"), "Others")
    cards = {entry: client.get(f"/knowledge/{entry.pk}/edit/").context["offer"].cards for entry in (mine, others)}
    assert [len(cards[mine]), len(cards[others])] == [1, 0]


def test_its_page_tells_its_author_alone(client: Client, rosa: Member, person: Callable[..., Member]) -> None:
    entry = add(rosa, "Mine")
    told = "only when you ask"
    assert told in client.get(f"/knowledge/{entry.pk}/").content.decode()
    other = Client()
    other.force_login(person("ali", "member"))
    assert told not in other.get(f"/knowledge/{entry.pk}/").content.decode()
    agree(rosa)
    assert told not in client.get(f"/knowledge/{entry.pk}/").content.decode()


def test_teaching_a_better_answer_offers_both(client: Client, rosa: Member) -> None:
    row = teach(rosa)
    address = reverse("knowledge:correction", args=[row.pk])
    offer = client.get(address).context["offer"]
    assert [card.purpose for card in offer.cards] == [Purpose.KNOWLEDGE, Purpose.TRAINING]
    said = {"verdict": "right", "comment": "", "with_name": "no", "number": "1", "may_train": "on"}
    response = client.post(address, {**said, **sent(offer, Purpose.TRAINING)})
    assert response.status_code == 302
    assert grants.in_force(member=rosa) == {Purpose.TRAINING}
    assert {event.way for event in grants.history(member=rosa)} == {Way.CORRECTION}


def test_bringing_a_file_offers_it(client: Client, rosa: Member) -> None:
    batch = planned(rosa, csv_of(2))
    offer = client.get(reverse("knowledge:import_batch", args=[batch.pk])).context["offer"]
    assert [card.purpose for card in offer.cards] == [Purpose.KNOWLEDGE]
    client.post(reverse("knowledge:import_begin", args=[batch.pk]), sent(offer, Purpose.KNOWLEDGE))
    (event,) = grants.history(member=rosa)
    assert (event.purpose, event.way) == (Purpose.KNOWLEDGE, Way.IMPORT)
