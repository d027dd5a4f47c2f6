"""Under an answer: saying whether it is right, as a page and as a part of one, and asking those who teach."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from consent.access import own
from governance.models import Member
from inference.models import Message
from knowledge.models import Correction, OpenQuestion
from tests.governance.page import assert_sound
from tests.governance.test_hostile_input import HOSTILE
from tests.inference.chat.conftest import answered, asked, signed_in

RIGHT = {"verdict": "right", "comment": "", "with_name": "no"}
WRONG = {
    "verdict": "not_quite", "matter": "fact", "better": "In November.", "comment": "", "with_name": "yes",
    "may_train": "on", "number": "0",
}  # fmt: skip
HTMX: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}


def teach_url(message: Message) -> str:
    return reverse("inference:teach", args=[message.pk])


@pytest.fixture
def message(owner: Member) -> Message:
    return answered(asked(owner, "When do we shear?"), "In **August**.")


def taught(member: Member) -> list[Correction]:
    return list(own(Correction, member=member))


def test_three_ways_stand_under_each_finished_answer(owner: Member, message: Message) -> None:
    client = signed_in(owner)
    page = client.get(reverse("inference:conversation", args=[message.conversation_id]))
    assert_sound(page)
    for verdict in ("right", "not_quite", "different"):
        assert f'href="{teach_url(message)}?verdict={verdict}"' in page.content.decode()
    unfinished = asked(owner, "And when do we wash?", after=message)
    text = client.get(reverse("inference:conversation", args=[message.conversation_id])).content.decode()
    assert teach_url(unfinished) not in text


def test_a_member_says_how_it_should_be(owner: Member, message: Message) -> None:
    client = signed_in(owner)
    page = client.get(f"{teach_url(message)}?verdict=not_quite")
    assert_sound(page)
    assert "A teacher will read your question, the answer and your better answer" in page.content.decode()
    response = client.post(teach_url(message), WRONG)
    assert response.status_code == 302
    assert response["Location"].endswith(f"#message-{message.pk}")
    (row,) = taught(owner)
    assert (row.question, row.answer, row.better) == ("When do we shear?", "In **August**.", "In November.")
    assert (row.verdict, row.matter, row.with_name, row.may_train) == ("not_quite", "fact", True, True)
    assert row.answer_id == message.answer.pk
    assert row.behaviour == message.answer.behaviour.number
    page = client.get(response["Location"])
    assert "You said: Not quite · Waits for a teacher" in page.content.decode()
    assert reverse("knowledge:correction", args=[row.pk]) in page.content.decode()


def test_right_is_said_with_one_choice(owner: Member, message: Message) -> None:
    client = signed_in(owner)
    page = client.get(f"{teach_url(message)}?verdict=right").content.decode()
    assert 'name="better"' not in page
    assert client.post(teach_url(message), RIGHT).status_code == 302
    assert [row.verdict for row in taught(owner)] == ["right"]


def test_the_part_of_a_page_that_htmx_asks_for(owner: Member, message: Message) -> None:
    client = signed_in(owner)
    form = client.get(f"{teach_url(message)}?verdict=different", **HTMX).content.decode()
    assert "<html" not in form
    assert f'hx-post="{teach_url(message)}"' in form
    assert 'value="wording"' in form.partition("checked")[0]
    refused = client.post(teach_url(message), {**WRONG, "better": ""}, **HTMX)
    assert refused.status_code == 422
    assert "<html" not in refused.content.decode()
    done = client.post(teach_url(message), WRONG, **HTMX)
    assert done.status_code == 200
    assert "Thank you. A teacher will read it." in done.content.decode()
    closed = client.get(f"{teach_url(message)}?close", **HTMX).content.decode()
    assert "You said" in closed


def test_signed_out_meanwhile_the_login_page_does_not_land_under_the_answer(owner: Member, message: Message) -> None:
    response = Client().get(teach_url(message), **HTMX)
    assert response["HX-Redirect"].startswith("/accounts/login/?next=%2Fchat%2F")
    assert Client().get(teach_url(message)).status_code == 302
    assert Client().post(teach_url(message), WRONG).status_code == 302
    assert taught(owner) == []


def test_nobody_teaches_about_what_is_not_theirs(owner: Member, outsider: Member, message: Message) -> None:
    stranger = signed_in(outsider)
    question = message.parent_id
    for pk in (message.pk, question, uuid4()):
        url = reverse("inference:teach", args=[pk])
        assert stranger.get(url).status_code == 404
        assert stranger.post(url, WRONG).status_code == 404
        assert stranger.get(reverse("inference:ask_teachers", args=[pk])).status_code == 404
    client = signed_in(owner)
    assert client.get(reverse("inference:teach", args=[question])).status_code == 404
    unfinished = asked(owner, "Hm?")
    assert client.post(teach_url(unfinished), WRONG).status_code == 404
    assert taught(owner) == taught(outsider) == []


def test_what_was_typed_stays(owner: Member, message: Message) -> None:
    client = signed_in(owner)
    response = client.post(teach_url(message), {**WRONG, "matter": "", "better": "Nothing may be lost."})
    assert response.status_code == 422
    assert "Nothing may be lost." in response.content.decode()
    assert_sound(response)
    client.post(teach_url(message), WRONG)
    # Another page, opened before: it is told, and keeps its words.
    late = client.post(teach_url(message), {**WRONG, "better": "From an old page."})
    assert late.status_code == 409
    assert "From an old page." in late.content.decode()
    assert [row.better for row in taught(owner)] == ["In November."]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_input(kind: str, owner: Member, message: Message) -> None:
    client = signed_in(owner)
    for name in (*WRONG, "csrfmiddlewaretoken"):
        response = client.post(teach_url(message), {**WRONG, name: HOSTILE[kind]})
        assert response.status_code in {302, 409, 422}, (name, kind)
        assert "<script>alert" not in response.content.decode()
    response = client.get(teach_url(message), {"verdict": HOSTILE[kind]})
    assert response.status_code == 200
    assert_sound(response)


def test_deleting_the_conversation_keeps_what_was_handed_in(owner: Member, message: Message) -> None:
    client = signed_in(owner)
    client.post(teach_url(message), WRONG)
    client.post(reverse("inference:delete", args=[message.conversation_id]))
    assert [row.question for row in taught(owner)] == ["When do we shear?"]


def test_those_who_teach_are_asked_with_the_question_filled_in(owner: Member, message: Message) -> None:
    client = signed_in(owner)
    page = client.get(reverse("inference:ask_teachers", args=[message.pk]))
    assert_sound(page)
    text = page.content.decode()
    assert "When do we shear?" in text
    assert "August" not in text
    assert 'action="/knowledge/questions/ask/"' in text
    assert client.post("/knowledge/questions/ask/", {"text": "When do we shear?", "with_name": "no"}).status_code == 302
    assert [row.text for row in own(OpenQuestion, member=owner)] == ["When do we shear?"]
