from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from community_ai.core.clock import now
from governance.models import Invitation, Member
from governance.services import invitations
from tests.conftest import PASSWORD
from tests.governance.page import assert_sound

pytestmark = pytest.mark.django_db


def test_without_an_invitation_nobody_registers(community: object) -> None:
    client = Client()
    for response in (
        client.get("/accounts/signup/"),
        client.post("/accounts/signup/", {"username": "Mallory", "password1": PASSWORD}),
    ):
        assert_sound(response)
        assert "by invitation" in response.content.decode()
    assert not Member.objects.filter(username="Mallory").exists()


def test_with_a_link_one_person_becomes_a_member(secret: str) -> None:
    client = Client()
    assert client.get(f"/join/{secret}/")["Location"] == "/accounts/signup/"
    assert_sound(client.get("/accounts/signup/"))
    response = client.post("/accounts/signup/", {"username": " Ana  Mamani ", "password1": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/me/welcome/")
    ana = Member.objects.get(username="Ana Mamani")
    assert [appointment.role.key for appointment in ana.appointments.all()] == ["member"]
    assert ana.permissions() == frozenset()
    assert client.session["_auth_user_id"] == str(ana.pk)
    assert "invitation" not in client.session
    assert Client().get(f"/join/{secret}/").status_code == 404


def test_who_loses_the_last_place_keeps_what_they_typed(secret: str, make_member: Callable[..., Member]) -> None:
    client = Client()
    client.get(f"/join/{secret}/")
    invitations.accept(secret=secret, member=make_member("Faster"), now=now())
    response = client.post("/accounts/signup/", {"username": "Ana", "password1": PASSWORD})
    assert_sound(response)
    text = response.content.decode()
    assert "does not let anyone in any more" in text
    assert 'value="Ana"' in text
    assert not Member.objects.filter(username="Ana").exists()


def test_a_taken_back_link_lets_nobody_register(founder: Member, secret: str) -> None:
    client = Client()
    client.get(f"/join/{secret}/")
    invitations.revoke(invitation_id=Invitation.objects.get().pk, by=founder, now=now())
    client.post("/accounts/signup/", {"username": "Ana", "password1": PASSWORD})
    assert Member.objects.count() == 1
    response = Client().get(f"/join/{secret}/")
    assert response.status_code == 404
    assert "taken back" in response.content.decode()
    assert_sound(response)


@pytest.mark.parametrize("name", ["Rosa Quispe", "rosa quispe", "ＲＯＳＡ Quispe", "Rosa  Quispe"])
def test_a_name_that_looks_taken_is_taken(secret: str, name: str) -> None:
    client = Client()
    client.get(f"/join/{secret}/")
    response = client.post("/accounts/signup/", {"username": name, "password1": PASSWORD})
    assert response.status_code == 200
    assert "has this name already" in response.content.decode()


def test_a_member_who_opens_a_link_is_told_so(secret: str, ana: Member) -> None:
    client = Client()
    client.force_login(ana)
    assert client.get(f"/join/{secret}/")["Location"] == "/"
    assert Invitation.objects.get(note="for Ana").uses == 0


def test_the_new_link_is_shown_once(founder: Member) -> None:
    client = Client()
    client.force_login(founder)
    response = client.post("/invitations/", {"max_uses": "3", "days": "7", "note": "For ‏الجيران"}, follow=False)
    assert response.status_code == 200, "a direction mark in the note is refused"
    response = client.post("/invitations/", {"max_uses": "3", "days": "7", "note": "للجيران"}, follow=True)
    assert_sound(response)
    link = response.context["new_link"]
    assert link.startswith("http://localhost:8000/join/")
    assert response.content.decode().count(link) == 1
    assert "no-store" in response["Cache-Control"]
    again = client.get("/invitations/").content.decode()
    assert "/join/" not in again
    assert "للجيران" in again
    assert Client().get(link.removeprefix("http://localhost:8000")).status_code == 302


def test_taking_a_link_back_on_the_page(founder: Member, secret: str, ana: Member) -> None:
    row = Invitation.objects.get(note="for Ana")
    stranger, owner = Client(), Client()
    stranger.force_login(ana)
    owner.force_login(founder)
    assert stranger.post(f"/invitations/{row.pk}/revoke/").status_code == 404
    assert owner.get(f"/invitations/{row.pk}/revoke/").status_code == 405
    assert_sound(owner.post(f"/invitations/{row.pk}/revoke/", follow=True))
    assert owner.post("/invitations/999999/revoke/").status_code == 404
    row.refresh_from_db()
    assert row.revoked_at


def test_many_guesses_are_slowed_down(community: object) -> None:
    client = Client()
    statuses = {client.get(f"/join/guess-{number}/").status_code for number in range(60)}
    assert statuses == {404}
    assert client.get("/join/one-more/").status_code == 429


def test_many_links_in_an_hour_are_slowed_down(founder: Member) -> None:
    client = Client()
    client.force_login(founder)
    form = {"max_uses": "1", "days": "1", "note": ""}
    statuses = [client.post("/invitations/", form).status_code for _ in range(31)]
    assert statuses == [302] * 30 + [429]
