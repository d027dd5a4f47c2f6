from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from consent.models import PersonalRow
from governance.models import Appointment, Community, Invitation, Member, Role, VotingRule
from governance.moderator_pages import GovernedPage, ModeratorPage
from governance.services.rules import ensure_default_rules
from tests.governance.decisions.conftest import NOON
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
        assert links == ["/decisions/new/"]
        return
    assert links[0].startswith(f"/decisions/new/{first}/?")
    # The form is filled in with what the row is: a radio is checked for each thing that the address gives.
    given = links[0].partition("?")[2].split("&")
    form = client.get(links[0]).content.decode()
    for name, _, value in (pair.partition("=") for pair in given):
        assert re.search(rf'name="effect-{name}" value="{value}"[^>]*checked', form), (name, value)
