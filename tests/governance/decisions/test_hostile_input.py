"""What comes in through the pages, bad and forged: a clear sentence, never a 500, and nothing changed."""

from __future__ import annotations

import pytest
from django.urls import reverse

from community_ai.core.clock import clock_at
from governance import effects
from governance.models import Ballot, Comment, Member, Proposal, Suspension
from governance.services import comments
from tests.governance.decisions.conftest import later, opened
from tests.governance.decisions.visits import cast, write_draft

pytestmark = pytest.mark.usefixtures("an_hour_after_noon")

EVIL = '<script>alert(1)</script><img src=x onerror="x">&{{ 7*7 }}'


def test_html_is_text(members, browser_of) -> None:
    client = browser_of(members[1])
    assert write_draft(client, members[2], **{"wording-title": EVIL, "wording-reason": EVIL}).status_code == 302
    proposal = Proposal.objects.get()
    comments.contribute(author=members[3], proposal_id=proposal.pk, text=EVIL, now=later(hours=1))
    for address in (reverse("governance:proposal", args=[proposal.pk]), reverse("governance:decisions")):
        page = client.get(address).content.decode()
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        assert "<img" not in page


@pytest.mark.parametrize(
    "changes",
    [
        {"wording-title": "x" * 121},
        {"wording-reason": "x" * 4001},
        {"wording-title": "a\x00b"},
        {"wording-reason": "a\x07b"},
        {"wording-title": " \t "},
        {"effect-member": "999999"},
        {"effect-member": "-1"},
        {"effect-member": "1e3"},
        {"effect-member": str(2**70)},
        {"effect-member": "' OR 1=1 --"},
        {"effect-role": "emperor"},
        {"effect-role": ""},
    ],
)
def test_bad_drafts_are_answered_with_a_sentence_and_write_nothing(changes, members, browser_of) -> None:
    response = write_draft(browser_of(members[1]), members[2], **changes)
    assert response.status_code == 422
    assert b"Please check" in response.content
    assert not Proposal.objects.exists()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"choice": "yes", "version": "1"}, 302),
        ({"choice": "yes"}, 409),
        ({"choice": "yes", "version": "2"}, 409),
        ({"choice": "yes", "version": "0"}, 409),
        ({"choice": "yes", "version": str(10**30)}, 409),
        ({"choice": "yes", "version": "one"}, 409),
        ({"choice": "block", "version": "1"}, 422),
        ({"choice": "YES", "version": "1"}, 422),
        ({"choice": "", "version": "1"}, 422),
        ({"choice": "x" * 10_000, "version": "1"}, 422),
        ({"version": "1"}, 422),
        ({}, 409),
    ],
)
def test_forged_ballots(data, status, members, browser_of) -> None:
    proposal = opened(members[1], members[2])
    response = browser_of(members[3]).post(reverse("governance:proposal_vote", args=[proposal.pk]), data)
    assert response.status_code == status
    assert Ballot.objects.count() == (1 if status == 302 else 0)


def test_a_vote_twice_is_one_vote(members, browser_of) -> None:
    proposal = opened(members[1], members[2])
    client = browser_of(members[3])
    assert [cast(client, proposal, "yes").status_code for _ in range(2)] == [302, 302]
    assert Ballot.objects.count() == 1


def test_a_vote_from_before_the_opening_by_a_wrong_clock_is_refused(members, browser_of) -> None:
    proposal = opened(members[1], members[2])
    with clock_at(later(hours=-1)):
        response = cast(browser_of(members[3]), proposal, "yes")
    assert response.status_code == 409
    assert b"By the clock of this computer" in response.content


@pytest.mark.parametrize("answers", ["999", "-1", "x", str(10**40)])
def test_an_answer_to_nothing(answers: str, members, browser_of) -> None:
    proposal = opened(members[1], members[2])
    address = reverse("governance:proposal_comment", args=[proposal.pk])
    response = browser_of(members[3]).post(address, {"text": "Well", "answers": answers})
    assert response.status_code in (409, 422)
    assert not Comment.objects.exists()


def test_a_discussion_in_threads(members, browser_of) -> None:
    proposal = opened(members[1], members[2])
    client = browser_of(members[3])
    address = reverse("governance:proposal_comment", args=[proposal.pk])
    client.post(address, {"text": "First"})
    first = Comment.objects.get()
    page = client.get(reverse("governance:proposal", args=[proposal.pk]), {"answer": first.pk}).content.decode()
    assert f'name="answers" value="{first.pk}"' in page
    client.post(address, {"text": "Second", "answers": first.pk})
    second = Comment.objects.get(text="Second")
    client.post(address, {"text": "Third", "answers": second.pk})
    page = client.get(reverse("governance:proposal", args=[proposal.pk])).content.decode()
    assert page.index("First") < page.index("Second") < page.index("Third")
    assert page.count("threads--replies") == 1


def test_an_invented_role_in_the_address_is_only_text(members, browser_of) -> None:
    response = browser_of(members[0]).get(
        reverse("governance:proposal_draft", args=["role-change"]), {"role": EVIL, "permissions": EVIL, "name": EVIL}
    )
    assert response.status_code == 200
    assert b"<script>alert" not in response.content


def test_each_kind_has_a_form_that_opens_and_refuses_nothing_at_all(members, browser_of) -> None:
    client = browser_of(members[0])
    for kind in effects.kinds():
        if kind.startable:
            address = reverse("governance:proposal_draft", args=[kind.key])
            assert client.get(address).status_code == 200
            assert client.post(address, {"x": "y"}).status_code == 422


@pytest.mark.parametrize(
    "data",
    [
        {"member": "1", "reason": "", "days": "10"},
        {"member": "999", "reason": "x", "days": "10"},
        {"member": "3", "reason": "x", "days": "0"},
        {"member": "3", "reason": "x", "days": "9999999999999999999"},
        {"reason": "x", "days": "10"},
    ],
)
def test_bad_emergencies(data, members, browser_of) -> None:
    response = browser_of(members[0]).post(reverse("governance:suspend"), data)
    assert response.status_code == 422
    assert not Suspension.objects.exists()
    assert Member.objects.filter(is_active=False).count() == 0
