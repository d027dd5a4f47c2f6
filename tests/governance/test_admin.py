from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from governance.models import Invitation, Member, Role
from tests.governance.page import STRICT, read

pytestmark = pytest.mark.django_db


def test_only_what_was_written_for_moderators_is_there() -> None:
    assert {model.__name__ for model in admin.site._registry} == {"Member", "Role", "Invitation"}


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
