"""The pages of memory: they work without JavaScript, and bad input loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consent.access import allowed, in_service
from consent.purposes import Purpose
from governance.models import Member
from inference.models import Answer, Message, Remembered
from inference.services import memory
from tests.agreeing import take_back
from tests.consent.test_pages import shown
from tests.governance.page import assert_sound
from tests.governance.test_hostile_input import HOSTILE
from tests.inference.chat.conftest import answered, asked, signed_in
from tests.inference.memory.conftest import tell

pytestmark = pytest.mark.django_db
PAGE = "/me/memory/"


@pytest.fixture
def browser(amara: Member) -> Client:
    return signed_in(amara)


def texts(member: Member) -> list[str]:
    return [row.text for row in memory.facts_of(member)]


def agreement(client: Client, path: str) -> dict[str, str]:
    """The hidden fields of the switch on this page, and the switch turned on."""
    (card,) = client.get(path).context["offer"].cards
    return {field.html_name: str(field.value() or "") for field in card.hidden} | {"memory": "on"}


def test_add_change_and_forget(browser: Client, amara: Member) -> None:
    assert_sound(browser.get(PAGE))
    assert browser.post(PAGE, {"text": "I am vegetarian."}).status_code == 302
    page = browser.get(PAGE)
    assert_sound(page)
    assert "I am vegetarian." in page.content.decode() and "You wrote it on this page" in page.content.decode()
    (fact,) = memory.facts_of(amara)
    assert_sound(browser.get(f"{PAGE}{fact.pk}/"))
    assert browser.post(f"{PAGE}{fact.pk}/", {"text": "I am vegan."}).status_code == 302
    assert texts(amara) == ["I am vegan."]
    assert_sound(browser.get(f"{PAGE}{fact.pk}/forget/"))
    assert browser.post(f"{PAGE}{fact.pk}/forget/").status_code == 302
    assert texts(amara) == []
    assert browser.get(f"{PAGE}{fact.pk}/").status_code == 404


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_kept_as_text_or_refused_with_a_sentence(browser: Client, amara: Member, kind: str) -> None:
    response = browser.post(PAGE, {"text": HOSTILE[kind]})
    assert response.status_code == (302 if texts(amara) else 422)
    page = browser.get(PAGE)
    assert_sound(page)
    assert "<script>alert" not in page.content.decode()


def test_what_is_too_long_stays_in_the_box(browser: Client, amara: Member) -> None:
    (fact,) = tell(amara, "I am vegetarian.")
    long = "I like long sentences " * 12
    for path in (PAGE, f"{PAGE}{fact.pk}/"):
        response = browser.post(path, {"text": long})
        assert response.status_code == 422
        assert "at most 200 fit" in response.content.decode()
        assert long.strip() in response.content.decode()
    assert texts(amara) == ["I am vegetarian."]


def test_there_is_an_end_and_the_page_says_so(browser: Client, amara: Member) -> None:
    tell(amara, *(f"Fact {number}." for number in range(30)))
    page = browser.get(PAGE)
    assert_sound(page)
    assert "<textarea" not in page.content.decode()
    response = browser.post(PAGE, {"text": "One more."})
    assert response.status_code == 422
    assert "Please remove one first" in response.content.decode()


def test_agreeing_on_the_spot(browser: Client, amara: Member) -> None:
    tell(amara, "Call me Amara.")
    take_back(amara, Purpose.MEMORY)
    page = browser.get(PAGE)
    assert_sound(page)
    assert "The AI uses nothing of this" in page.content.decode() and "Call me Amara." in page.content.decode()
    refused = browser.post(PAGE, {"text": "I am vegetarian."})
    assert refused.status_code == 422
    assert "only if you agree" in refused.content.decode() and "I am vegetarian." in refused.content.decode()
    assert browser.post(PAGE, {**agreement(browser, PAGE), "text": "I am vegetarian."}).status_code == 302
    assert texts(amara) == ["I am vegetarian.", "Call me Amara."]
    assert memory.usable(amara.pk) == ("I am vegetarian.", "Call me Amara.")


def test_a_sentence_that_is_refused_agrees_to_nothing(browser: Client, amara: Member) -> None:
    take_back(amara, Purpose.MEMORY)
    assert browser.post(PAGE, {**agreement(browser, PAGE), "text": "x" * 201}).status_code == 422
    assert not allowed(member_id=amara.pk, purpose=Purpose.MEMORY)


@pytest.mark.parametrize(
    ("choice", "left"), [("keep", ["I am vegetarian."]), ("erase", []), (None, ["I am vegetarian."])]
)
def test_taking_it_back_asks_what_becomes_of_the_facts(
    browser: Client, amara: Member, choice: str | None, left: list[str]
) -> None:
    tell(amara, "I am vegetarian.")
    sent = shown(browser)
    del sent["memory"]
    asks = browser.post("/me/consent/", sent)
    assert_sound(asks)
    assert 'name="left_memory"' in asks.content.decode() and allowed(member_id=amara.pk, purpose=Purpose.MEMORY)
    choices = {"left_memory": choice} if choice else {}
    assert browser.post("/me/consent/", {**sent, "sure": "1", **choices}).status_code == 302
    assert not allowed(member_id=amara.pk, purpose=Purpose.MEMORY)
    assert texts(amara) == left
    assert memory.usable(amara.pk) == ()


def test_with_no_facts_nothing_is_asked(browser: Client, amara: Member) -> None:
    sent = shown(browser)
    del sent["memory"]
    assert 'name="left_memory"' not in browser.post("/me/consent/", sent).content.decode()


def test_picking_a_fact_from_what_one_said(browser: Client, amara: Member) -> None:
    message = asked(amara, "Good morning, I am vegetarian. What can I cook?")
    question: Any = message.parent
    path = reverse("inference:remember", args=[question.pk])
    talk = browser.get(reverse("inference:conversation", args=[question.conversation_id]))
    assert_sound(talk)
    assert f'href="{path}"' in talk.content.decode()
    page = browser.get(path)
    assert_sound(page)
    assert question.text in page.content.decode()
    response = browser.post(path, {"text": "I am vegetarian."})
    assert response.status_code == 302
    assert response["Location"].endswith(f"#message-{question.pk}")
    (fact,) = memory.facts_of(amara)
    assert (fact.text, fact.source) == ("I am vegetarian.", Remembered.Source.CHAT)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_answer_says_quietly_that_it_used_them(browser: Client, amara: Member, count: int) -> None:
    message: Message = answered(asked(amara, "What shall I cook?"), "Lentils.")
    in_service(Answer).filter(message=message).update(remembered=count)
    page = browser.get(reverse("inference:conversation", args=[message.conversation_id]))
    assert_sound(page)
    assert ("It used what you let it remember." in page.content.decode()) is bool(count)
