from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from community_ai.core.clock import clock_at
from consent.models import PersonalRow
from governance import queues
from governance.models import (
    Appointment,
    Community,
    Decision,
    Invitation,
    Member,
    Proposal,
    Role,
    VotingRule,
)
from governance.moderator_pages import GovernedPage, ModeratorPage
from governance.queues import Queue, QueueItem
from governance.services import appointments, ballots, closing, comments, suspensions
from governance.services.rules import ensure_default_rules
from tests.governance.decisions.conftest import NOON, draft_appointment, opened
from tests.governance.page import STRICT, read

pytestmark = pytest.mark.django_db

GOVERNED = {"Appointment", "Community", "Decision", "Member", "Proposal", "Role", "Suspension", "VotingRule"}
SENTENCE = "This changes by a decision of the community, never here."


def test_only_what_was_written_for_moderators_is_there() -> None:
    pages = {model: page for model, page in admin.site._registry.items() if model._meta.app_label == "governance"}
    assert {model.__name__ for model in pages} == {*GOVERNED, "Invitation"}
    assert {model.__name__ for model, page in pages.items() if isinstance(page, GovernedPage)} == GOVERNED


def test_no_page_shows_what_only_its_member_may_see() -> None:
    """Nor what could be joined to a secret ballot."""
    for model, page in admin.site._registry.items():
        assert isinstance(page, ModeratorPage)
        assert not issubclass(model, PersonalRow)
        assert model.__name__ not in {"SecretBallot", "BallotBox", "Participation", "Ballot", "AuditPrivate"}


def test_sign_in_happens_on_the_members_page(founder: Member, browser_of: Callable[..., Client]) -> None:
    response = browser_of().get("/admin/governance/member/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2Fgovernance%2Fmember%2F"


def test_a_member_gets_a_refusal_and_no_loop(ana: Member, browser_of: Callable[..., Client]) -> None:
    response = browser_of(ana).get("/admin/", follow=True)
    assert response.status_code == 403


def test_sign_out_and_password_lead_to_the_members_pages(founder: Member, browser_of: Callable[..., Client]) -> None:
    client = browser_of(founder)
    assert client.get("/admin/password_change/")["Location"] == "/accounts/password/change/"
    assert client.post("/admin/logout/")["Location"] == "/accounts/logout/"


@pytest.mark.parametrize("model", ["member", "role", "invitation"])
def test_moderators_look_and_change_nothing(
    model: str, founder: Member, secret: str, browser_of: Callable[..., Client]
) -> None:
    client = browser_of(founder)
    models: dict[str, Any] = {"member": Member, "role": Role, "invitation": Invitation}
    row = models[model].objects.first()
    for path in ("", f"{row.pk}/change/"):
        page = client.get(f"/admin/governance/{model}/{path}")
        assert page.status_code == 200
        assert read(page).refused == []
        for directive, value in STRICT.items():
            assert f"{directive} {value}" in page["Content-Security-Policy"]
        assert secret not in page.content.decode()
    before = row.__class__.objects.values().get(pk=row.pk)
    assert client.get(f"/admin/governance/{model}/add/").status_code == 403
    assert client.get(f"/admin/governance/{model}/{row.pk}/delete/").status_code == 403
    assert client.post(f"/admin/governance/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 405
    client.post(f"/admin/governance/{model}/{row.pk}/change/", {"name": "x", "username": "x", "note": "x", "uses": 0})
    assert row.__class__.objects.values().get(pk=row.pk) == before


def test_links_can_be_taken_back(founder: Member, secret: str, browser_of: Callable[..., Client]) -> None:
    row = Invitation.objects.get()
    response = browser_of(founder).post(
        "/admin/governance/invitation/", {"action": "take_back", "_selected_action": [str(row.pk)]}, follow=True
    )
    assert "taken back" in response.content.decode()
    row.refresh_from_db()
    assert row.revoked_at


def test_no_page_deletes_in_bulk(founder: Member, ana: Member, browser_of: Callable[..., Client]) -> None:
    browser_of(founder).post(
        "/admin/governance/member/", {"action": "delete_selected", "_selected_action": [str(ana.pk)], "post": "yes"}
    )
    assert Member.objects.filter(pk=ana.pk).exists()


# --- What is governed -------------------------------------------------------------------------------------------------


def ways(page: str) -> list[str]:
    """The links below the sentence, as a browser follows them."""
    section = re.search(r'<section class="governed".*?</section>', page, re.DOTALL)
    assert section is not None
    return [unescape(link) for link in re.findall(r'href="([^"]+)"', section[0])]


@pytest.mark.parametrize(
    ("model", "first"),
    [
        (Appointment, "role-dismiss"),
        (Community, None),
        (Member, "role-appoint"),
        (Role, "role-change"),
        (VotingRule, "rule-change"),
    ],
)
def test_a_governed_page_says_why_and_leads_to_the_proposal(
    model: Any, first: str | None, founder: Member, ana: Member, browser_of: Callable[..., Client]
) -> None:
    ensure_default_rules(now=NOON)
    client, row = browser_of(founder), model.objects.order_by("pk").last()
    name = model._meta.model_name
    for path in (f"/admin/governance/{name}/", f"/admin/governance/{name}/{row.pk}/change/"):
        page = client.get(path).content.decode()
        assert SENTENCE in page
        links = ways(page)
        for link in links:
            assert client.get(link).status_code == 200, link
    if first is None:
        assert links == ["/decisions/new/", "/records/"]
        return
    assert links[0].startswith(f"/decisions/new/{first}/?")
    # The form is filled in with what the row is: a radio is checked for each thing that the address gives.
    given = links[0].partition("?")[2].split("&")
    form = client.get(links[0]).content.decode()
    for name, _, value in (pair.partition("=") for pair in given):
        assert re.search(rf'name="effect-{name}" value="{value}"[^>]*checked', form), (name, value)


# --- What waits -------------------------------------------------------------------------------------------------------


def test_the_first_page_shows_what_waits(
    founder: Member, ana: Member, secret: str, make_member: Callable[..., Member], browser_of: Callable[..., Client]
) -> None:
    ensure_default_rules(now=NOON)
    draft = draft_appointment(ana, ana, title="A <b>teacher</b>", now=NOON - timedelta(days=31))
    late = opened(ana, ana, title="A late vote", now=NOON - timedelta(days=6))
    comment = comments.contribute(author=ana, proposal_id=draft.pk, text="Oh!", now=NOON)
    comments.hide(by=founder, comment_id=comment.pk, reason="It is loud.", now=NOON)
    suspended = make_member("Ben")
    suspension = suspensions.suspend_in_emergency(
        by=founder, member_id=suspended.pk, days=14, reason="He hit somebody.", now=NOON
    )
    ratification = Proposal.objects.get(kind="suspension-ratify")
    with clock_at(NOON):
        page = browser_of(founder).get("/admin/").content.decode()
        assert "Drafts older than 30 days (1)" in page
        assert "A &lt;b&gt;teacher&lt;/b&gt;" in page
        assert "by Ana" in page
        assert f'href="/decisions/{late.pk}/"' in page
        assert "Hidden contributions (1)" in page
        assert f'href="/decisions/{draft.pk}/#comment-{comment.pk}"' in page
        assert "for Ana" in page, "the note of the open link"
        assert f'href="/decisions/{ratification.pk}/"' in page
        assert 'href="/decisions/suspend/"' in page
    # The vote is over and not counted yet: the suspension itself is what is left to look at.
    with clock_at(NOON + timedelta(days=3)):
        page = browser_of(founder).get("/admin/").content.decode()
        assert f'href="/admin/governance/suspension/{suspension.pk}/change/"' in page


def test_whoever_may_only_moderate_is_not_offered_an_emergency(ana: Member, browser_of: Callable[..., Client]) -> None:
    role = Role.objects.create(key="moderator", name="Moderator", permissions=["moderate"])
    appointments.appoint(member=ana, role=role, now=NOON)
    page = browser_of(ana).get("/admin/").content.decode()
    assert "/decisions/suspend/" not in page
    assert page.count("Nothing waits here.") >= 4


def test_other_rooms_add_their_queues(founder: Member, browser_of: Callable[..., Client], monkeypatch: Any) -> None:
    monkeypatch.setattr(queues, "_queues", dict(queues._queues))
    items = [QueueItem(f"Entry {number}", "/records/", NOON, "to be read") for number in range(25)]
    queue = Queue("reviews", "Reviews", "Somebody taught something.", lambda now: items)
    queues.register_queue(queue)
    with pytest.raises(ValueError, match="reviews"):
        queues.register_queue(queue)
    page = browser_of(founder).get("/admin/").content.decode()
    assert "Reviews (25)" in page
    assert "Entry 19" in page
    assert "Entry 20" not in page
    assert "The 20 that have waited longest are shown." in page


def test_the_queues_take_a_fixed_number_of_queries(
    founder: Member, ana: Member, browser_of: Callable[..., Client], django_assert_max_num_queries: Any
) -> None:
    ensure_default_rules(now=NOON)
    for number in range(30):
        draft_appointment(ana, ana, title=f"Draft {number}", now=NOON - timedelta(days=40))
    with clock_at(NOON), django_assert_max_num_queries(30):
        browser_of(founder).get("/admin/")


# --- Secret and named votes -------------------------------------------------------------------------------------------


def test_votes_are_shown_after_a_named_vote_alone(
    founder: Member, ana: Member, browser_of: Callable[..., Client]
) -> None:
    ensure_default_rules(now=NOON)
    client = browser_of(founder)
    secret = opened(ana, ana, kind="role-dismiss", payload={"member": ana.pk, "role": "member", "successor": None})
    named = opened(ana, ana)
    for proposal in (secret, named):
        ballots.cast(member=ana, proposal_id=proposal.pk, choice="abstain", version=1, now=NOON)

    def shown(proposal: Proposal) -> str:
        return str(client.get(f"/admin/governance/proposal/{proposal.pk}/change/").content.decode())

    assert "Shown after the close." in shown(named)
    assert "I abstain" not in shown(named)
    closing.close_due(now=NOON + timedelta(days=6))
    assert "<bdi>Ana</bdi>: I abstain" in shown(named)
    assert "Votes are secret: nobody can see how somebody voted, here neither." in shown(secret)
    assert "I abstain" not in shown(secret)
    decision = Decision.objects.get(proposal=secret)
    assert "1 of 2 took part" in client.get(f"/admin/governance/decision/{decision.pk}/change/").content.decode()


def test_what_no_vote_made_is_called_so(founder: Member, ana: Member, browser_of: Callable[..., Client]) -> None:
    ensure_default_rules(now=NOON)
    proposal = opened(ana, ana)
    forged = Decision.objects.create(
        proposal=proposal, kind=proposal.kind, version=1, payload_hash="0" * 64, rule=proposal.rule,
        outcome="carried_out", eligible=2, yes=2, decided_at=NOON, seal="ab" * 64,
    )  # fmt: skip
    client = browser_of(founder)
    page = client.get(f"/admin/governance/decision/{forged.pk}/change/").content.decode()
    assert "does not carry the seal of this node" in page
    assert 'alt="False"' in client.get("/admin/governance/decision/").content.decode()
