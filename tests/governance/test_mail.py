"""A node with mail: addresses are asked for, confirmed, and nobody learns whose they are."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from governance.models import Member
from tests.conftest import PASSWORD
from tests.governance.page import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail(settings) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    settings.ACCOUNT_PREVENT_ENUMERATION = True


def test_registering_with_an_address(secret: str, mailoutbox) -> None:
    client = Client()
    client.get(f"/join/{secret}/")
    assert_sound(client.get("/accounts/signup/"))
    form = {"username": "Ana", "email": "Ana@Example.org", "password1": PASSWORD}
    assert client.post("/accounts/signup/", form).status_code == 302
    path = re.search(r"/accounts/confirm-email/\S+/", mailoutbox[0].body)[0]  # type: ignore[index]
    assert_sound(client.get(path))
    client.post(path)
    assert EmailAddress.objects.get(user__username="Ana").verified
    page = client.get("/accounts/email/")
    assert_sound(page)
    assert "ana@example.org" in page.content.decode()
    assert_sound(client.post("/accounts/email/", {"email": "not an address", "action_add": ""}))
    assert_sound(client.get("/account/"))
    assert Client().post("/accounts/login/", {"login": "ana@example.org", "password": PASSWORD})["Location"] == "/"


def test_the_address_is_not_required(secret: str) -> None:
    client = Client()
    client.get(f"/join/{secret}/")
    client.post("/accounts/signup/", {"username": "Ana", "email": "", "password1": PASSWORD})
    assert Member.objects.get(username="Ana").email == ""


def test_nobody_learns_whose_an_address_is(founder: Member, secret: str, mailoutbox) -> None:
    EmailAddress.objects.create(user=founder, email="rosa@example.org", verified=True, primary=True)
    answers = []
    for email in ("rosa@example.org", "nobody@example.org"):
        response = Client().post("/accounts/password/reset/", {"email": email}, follow=True)
        assert_sound(response)
        answers.append(re.sub(r"csrfmiddlewaretoken\W+value=\W\w+", "", response.content.decode()))
    assert answers[0] == answers[1]
    assert "/password/reset/key/" in mailoutbox[0].body
    assert "/password/reset/key/" not in mailoutbox[1].body
