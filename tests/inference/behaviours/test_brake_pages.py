"""The emergency brake by its page, and what the home page and the chat say about it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from governance.models import Member, Proposal
from inference.engine.engine import FailureCode
from inference.models import AnswerState, BehaviourVersion, Brake, BrakeMode
from inference.services import behaviour, brake
from tests.governance.decisions.conftest import later
from tests.inference.behaviours.conftest import WHEN
from tests.inference.behaviours.visits import EVIL, Browsers, changed, page, send, words
from tests.inference.chat.conftest import answered, asked
from tests.inference.deciding import propose, vote

pytestmark = pytest.mark.usefixtures("pages_clock")


PAUSE = {"mode": "pause", "reason": "It insults people."}


def test_who_may_pulls_it_and_comes_to_the_vote(
    members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    client = browser_of(members[0])
    html = page(client, "brake")
    assert "without a yes it lapses after 72 hours" in words(html)
    assert 'value="previous"' in html
    to = send(client, "brake", status=302, **PAUSE)
    pulled = Brake.objects.get()
    assert to == reverse("governance:proposal", args=[pulled.ratification_id])
    for name in ("ai", "brake"):
        for member in members:
            text = words(page(browser_of(member), name))
            assert "The AI is paused. Member 1 pulled the emergency brake" in text
            assert "Without a yes it lapses on" in text
    assert "Take the brake back" in page(client, "brake")
    assert "Take the brake back" not in page(browser_of(members[1]), "brake")
    assert send(client, "brake_take_back", status=302) == "/ai/"
    assert brake.acting(now=WHEN) is None
    assert "The brake is not pulled." in words(send(client, "brake_take_back", status=409))


def test_falling_back_says_which_version_answers(
    members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    send(browser_of(members[0]), "brake", status=302, mode="previous", reason="Too short.")
    assert "The AI answers as in version 1 for now." in words(page(browser_of(members[2]), "ai"))
    assert "In force: version 2" in words(page(browser_of(members[2]), "ai"))


def test_who_may_not_reads_who_can(members: list[Member], second: BehaviourVersion, browser_of: Browsers) -> None:
    Member.objects.filter(pk=members[0].pk).update(display_name=EVIL[:80])
    client = browser_of(members[1])
    html = page(client, "brake")
    assert "These members can" in html
    assert "&lt;script&gt;" in html
    assert "<script>alert" not in html
    assert 'name="reason"' not in html
    html = send(client, "brake", status=403, **PAUSE)
    assert "Your roles do not let you pull the emergency brake." in html
    assert not Brake.objects.exists()
    Member.objects.filter(pk=members[0].pk).update(is_active=False)
    assert "Nobody holds a role" in page(client, "brake")


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Please choose one of the two."),
        ({"mode": "pause"}, "This field is required."),
        ({"mode": "pause", "reason": "   "}, "This field is required."),
        ({"mode": "destroy", "reason": EVIL}, "Please choose what is there to choose."),
        ({"mode": "pause", "reason": "x" * 4001}, "at most 4000 characters"),
        ({"mode": "pause", "reason": "a\x07b"}, "invisible control character"),
    ],
)
def test_bad_input_changes_nothing_and_loses_nothing(
    form: dict[str, str], sentence: str, members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    html = send(browser_of(members[0]), "brake", status=422, **form)
    assert sentence in html
    assert "<script>alert" not in html
    assert escape(form.get("reason", "").strip()) in html
    assert not Brake.objects.exists()
    assert not Proposal.objects.filter(kind="pause-confirm").exists()


def test_the_earlier_version_is_offered_only_where_there_is_one(
    members: list[Member], first: BehaviourVersion, browser_of: Browsers
) -> None:
    client = browser_of(members[0])
    assert 'value="previous"' not in page(client, "brake")
    send(client, "brake", status=422, mode="previous", reason="Bad.")
    assert not Brake.objects.exists()


def test_who_was_not_confirmed_reads_why_not_again(
    members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    vote(brake.pull(by=members[0], mode=BrakeMode.PAUSE, reason="Bad.", now=later(days=35)).ratification, "no")
    html = send(browser_of(members[0]), "brake", status=422, **PAUSE)
    assert "For 7 days another member would have to pull it." in html
    assert "It insults people." in html


def test_a_confirmed_pause_leads_to_the_proposal_that_ends_it(
    members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    vote(brake.pull(by=members[0], mode=BrakeMode.PAUSE, reason="Bad.", now=later(days=30)).ratification)
    for member in members:
        html = page(browser_of(member), "brake")
        assert "The community decided to keep it so" in html
        assert reverse("governance:proposal_draft", args=["pause-end"]) in html
        assert "Take the brake back" not in html
    assert "A proposal can end it." in send(browser_of(members[0]), "brake_take_back", status=409)
    assert browser_of(members[1]).get(reverse("governance:proposal_draft", args=["pause-end"])).status_code == 200


def home(client: Client) -> str:
    return words(client.get("/").content.decode())


def test_the_home_page_names_what_waits(members: list[Member], first: BehaviourVersion, browser_of: Browsers) -> None:
    client = browser_of(members[1])
    assert "How our AI behaves" in home(client)
    assert "The founder's version of the AI waits for confirmation" in home(client).replace("&#x27;", "'")
    pulled = brake.pull(by=members[0], mode=BrakeMode.PAUSE, reason="Bad.", now=WHEN)
    assert "The AI is paused Urgent Member 1 pulled the emergency brake; the community votes on it. · until" in home(
        client
    )
    vote(pulled.ratification)
    assert "The AI is paused Urgent The community decided it." in home(client)
    payload = behaviour.payload_of(behaviour.behaviour_of(first))
    propose(members[2], "behaviour-confirm", payload, now=WHEN)
    assert "waits for confirmation" not in home(client)


def test_the_chat_says_why_nobody_answers(
    members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    client = browser_of(members[1])
    assert "emergency brake" not in page(client, "chat")
    pulled = brake.pull(by=members[0], mode=BrakeMode.PAUSE, reason="Bad.", now=WHEN)
    html = page(client, "chat")
    assert "The AI is paused. Member 1 pulled the emergency brake" in words(html)
    assert "Your questions wait and are answered when it is back." in html
    assert reverse("governance:proposal", args=[pulled.ratification_id]) in html
    brake.take_back(by=members[0], now=WHEN)
    brake.pull(by=members[0], mode=BrakeMode.PREVIOUS, reason="Bad.", now=WHEN)
    html = page(client, "chat")
    assert "The AI answers as in version 1 for now." in html
    assert "Your questions wait" not in html


def test_an_answer_links_to_its_version_and_names_the_decision(
    members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    first_answer = answered(asked(members[1], "Rain?"), "Wet.")
    address = reverse("inference:conversation", args=[first_answer.conversation_id])
    html = browser_of(members[1]).get(address).content.decode()
    assert '<a href="/ai/2/">Version 2</a>, as the community decided on' in html
    assert "<bdi>A change</bdi>" in html


def test_more_answers_of_more_versions_cost_no_more_queries(
    members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    client = browser_of(members[1])
    last = answered(asked(members[1], "Rain?"), "Wet.")
    address = reverse("inference:conversation", args=[last.conversation_id])
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(3):
        changed(members, now=later(days=9 * (number + 1)), max_sentences=number + 3)
        last = answered(asked(members[1], "And snow?", after=last), "Cold.")
    with CaptureQueriesContext(connection) as many:
        html = client.get(address).content.decode()
    assert html.count("as the community decided on") == 4
    assert len(many) == len(few)


def test_an_answer_of_the_founders_version_says_so(
    members: list[Member], first: BehaviourVersion, browser_of: Browsers
) -> None:
    answer = answered(asked(members[1], "Rain?"), "Wet.")
    address = reverse("inference:conversation", args=[answer.conversation_id])
    assert "which the founder set and no vote had confirmed" in browser_of(members[1]).get(address).content.decode()


def test_an_answer_that_the_brake_ended_says_so(
    members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    answer = answered(asked(members[1], "Rain?"), "Wet and", state=AnswerState.INTERRUPTED, reason=FailureCode.PAUSED)
    address = reverse("inference:conversation", args=[answer.conversation_id])
    html = browser_of(members[1]).get(address).content.decode()
    assert "Somebody pulled the emergency brake here." in html
    assert "Wet and" in html
