"""The community's sample questions, and their answers on a proposal's page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import Member, Proposal, ProposalState
from governance.services import proposals
from inference.models import BehaviourVersion, SampleQuestion
from inference.services import behaviour, samples
from tests.governance.decisions.conftest import NOON, draft_appointment
from tests.inference.behaviours.conftest import WHEN
from tests.inference.behaviours.visits import EVIL, Browsers, page, proposal_page, send, words
from tests.inference.deciding import propose, vote

pytestmark = pytest.mark.usefixtures("pages_clock")


def test_members_keep_the_list_together(members: list[Member], second: BehaviourVersion, browser_of: Browsers) -> None:
    client = browser_of(members[1])
    assert "There are none yet" in page(client, "sample_questions")
    assert send(client, "sample_questions", status=302, text=EVIL) == "/ai/questions/"
    html = page(client, "sample_questions")
    assert "&lt;script&gt;" in html
    assert "<script>alert" not in html
    question = SampleQuestion.objects.get()
    assert f"remove-{question.pk}" not in page(browser_of(members[2]), "sample_questions")
    refused = send(browser_of(members[2]), "sample_question_remove", question.pk, status=409)
    assert "Only who added a question, or a moderator, can remove it." in refused
    send(browser_of(members[0]), "sample_question_remove", question.pk, status=302)
    assert "removed already" in send(client, "sample_question_remove", question.pk, status=409)
    for absent in (0, 999, 2**63, 10**30):
        send(client, "sample_question_remove", absent, status=404)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "required"), (" \n ", "required"), ("x" * 301, "at most 300 characters"), ("a\x07b", "control character")],
)
def test_a_refused_question_comes_back(
    text: str, sentence: str, members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    html = send(browser_of(members[1]), "sample_questions", status=422, text=text)
    assert sentence in html
    assert text.strip()[:40] in html
    assert not SampleQuestion.objects.exists()


def test_a_full_list_says_so(members: list[Member], second: BehaviourVersion, browser_of: Browsers) -> None:
    for number in range(samples.MAX_QUESTIONS):
        samples.add_question(by=members[1], text=f"Question {number}?", now=NOON)
    client = browser_of(members[1])
    assert "There are enough questions." in page(client, "sample_questions")
    html = send(client, "sample_questions", status=422, text="One more?")
    assert "There are enough questions." in html
    assert 'value="One more?"' in html


@pytest.fixture
def discussed(members: list[Member], second: BehaviourVersion) -> Proposal:
    for text in ("Hello?", f"What is {EVIL}?"):
        samples.add_question(by=members[0], text=text, now=NOON)
    proposed = replace(behaviour.behaviour_of(second), greeting="¡Hola!")
    return propose(members[1], "behaviour-manner", behaviour.payload_of(proposed), now=WHEN)


def answer_one(proposal: Proposal, text: str, *, cut: bool = False) -> bool:
    return samples.answer_next(proposal_id=proposal.pk, now=WHEN, ask=lambda _: (text, cut))


def news(client: Client, proposal: Proposal, *lacks: str, questions: str | None = None) -> Any:
    shown = "".join(f"{pk}." for pk in SampleQuestion.objects.values_list("pk", flat=True))
    asked_for = {"lacks": lacks, "questions": shown if questions is None else questions}
    address = reverse("inference:samples", args=[proposal.pk])
    return client.get(address, asked_for, headers={"HX-Request": "true"})


def test_both_answers_stand_side_by_side(members: list[Member], discussed: Proposal, browser_of: Browsers) -> None:
    client = browser_of(members[2])
    html = proposal_page(client, discussed)
    assert "How both would answer" in html
    assert words(html).count("is being written…") == 4
    assert "0 of 4 answers" in html
    assert 'hx-trigger="every 3s"' in html
    assert "The AI is away just now." in html
    assert f'href="/decisions/{discussed.pk}/#samples">Look again' in html
    assert "&lt;script&gt;" in html
    assert "<script>alert" not in html
    answer_one(discussed, f"**Good** day. {EVIL}")
    answer_one(discussed, "¡Hola! Good", cut=True)
    html = proposal_page(client, discussed)
    assert "<strong>Good</strong> day." in html
    assert "¡Hola! Good …" in html
    assert "<script>alert" not in html
    assert "2 of 4 answers" in html


def test_an_open_page_gets_what_it_lacks_and_nothing_else(
    members: list[Member], discussed: Proposal, browser_of: Browsers
) -> None:
    client = browser_of(members[2])
    one, two = SampleQuestion.objects.values_list("pk", flat=True)
    everything = [f"{pk}-{side}" for pk in (one, two) for side in ("present", "proposed")]
    html = news(client, discussed, *everything).content.decode()
    assert "hx-swap-oob" not in html
    assert "0 of 4 answers" in html
    answer_one(discussed, "First.")
    answer_one(discussed, "Second.")
    html = news(client, discussed, *everything[1:], "x", "-1-present", "<b>", "9" * 400).content.decode()
    assert "First." not in html, "the page has it"
    assert f'id="sample-{one}-proposed" hx-swap-oob="true"' in html
    assert "2 of 4 answers" in html
    assert 'id="status"' not in html
    answer_one(discussed, "Third.")
    answer_one(discussed, "Fourth.")
    html = news(client, discussed, *everything[2:]).content.decode()
    assert "Third." in html
    assert 'id="status" hx-swap-oob="innerHTML">All answers are there.' in html
    assert "hx-get" not in html, "nothing more is asked for"
    assert 'hx-trigger="every 3s"' not in proposal_page(client, discussed)


def test_a_page_that_shows_other_questions_gets_the_whole_panel(
    members: list[Member], discussed: Proposal, browser_of: Browsers
) -> None:
    for other in ("", "1.", "<script>", "\x00"):
        response = news(browser_of(members[2]), discussed, questions=other)
        assert response["HX-Retarget"] == "#samples"
        assert "How both would answer" in response.content.decode()


def test_after_the_vote_nothing_is_asked_for_any_more(
    members: list[Member], discussed: Proposal, browser_of: Browsers
) -> None:
    answer_one(discussed, "First.")
    answer_one(discussed, "Second.")
    vote(discussed)
    html = proposal_page(browser_of(members[2]), discussed)
    # A question without an answer by the end is not shown any more; what was answered stays.
    assert "hx-trigger" not in html
    assert "is being written" not in html
    assert "Second." in html


def test_other_proposals_have_no_samples(members: list[Member], discussed: Proposal, browser_of: Browsers) -> None:
    client = browser_of(members[2])
    other = draft_appointment(members[0], members[1])
    for proposal in (other, Proposal(pk=0), Proposal(pk=2**63), Proposal(pk=10**30)):
        assert news(client, proposal).status_code == 404
    plain = client.get(reverse("inference:samples", args=[discussed.pk]))
    assert plain["Location"] == f"/decisions/{discussed.pk}/#samples"


def test_a_withdrawn_proposal_keeps_what_was_answered(
    members: list[Member], discussed: Proposal, browser_of: Browsers
) -> None:
    answer_one(discussed, "First.")
    proposals.withdraw(author=members[1], proposal_id=discussed.pk, now=WHEN)
    discussed.refresh_from_db()
    assert discussed.state == ProposalState.WITHDRAWN
    html = proposal_page(browser_of(members[2]), discussed)
    assert "hx-trigger" not in html
    assert "Look again" not in html
