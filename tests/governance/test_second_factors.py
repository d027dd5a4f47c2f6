"""allauth's pages for codes and passkeys in each of their states, through our templates."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import struct
import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from governance.models import Member
from tests.conftest import PASSWORD
from tests.governance.page import assert_sound

pytestmark = pytest.mark.django_db


def code_now(secret: str) -> str:
    """RFC 6238 with SHA-1, 30 seconds and six digits."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


@pytest.fixture
def signed_in(ana: Member) -> Client:
    """Ana's browser, in which she just gave her password once more."""
    client = Client()
    client.post("/accounts/login/", {"login": "Ana", "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.fixture
def with_code(signed_in: Client) -> tuple[Client, str]:
    """Ana's browser after she turned on codes, and her app's secret."""
    page = signed_in.get("/accounts/2fa/totp/activate/")
    assert_sound(page)
    wrong = signed_in.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert_sound(wrong)
    assert "Please check this" in wrong.content.decode()
    secret = re.search(r'id="authenticator_secret"[^>]*value="([A-Z2-7]+)"', wrong.content.decode())[1]  # type: ignore[index]
    done = signed_in.post("/accounts/2fa/totp/activate/", {"code": code_now(secret)}, follow=True)
    assert done.redirect_chain[-1][0] == "/accounts/2fa/recovery-codes/"
    assert_sound(done)
    return signed_in, secret


def test_pages_while_codes_are_on(with_code: tuple[Client, str]) -> None:
    client, _ = with_code
    for path in (
        "/accounts/2fa/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/totp/deactivate/",
        "/accounts/2fa/webauthn/add/",
    ):
        page = client.get(path)
        assert page.status_code == 200, path
        assert_sound(page)
    assert client.get("/accounts/2fa/recovery-codes/download/")["Content-Type"].startswith("text/plain")


def test_signing_in_asks_for_the_code(with_code: tuple[Client, str], ana: Member) -> None:
    codes = Authenticator.objects.get(user=ana, type="recovery_codes").wrap().get_unused_codes()
    client = Client()
    step = client.post("/accounts/login/", {"login": "Ana", "password": PASSWORD}, follow=True)
    assert step.redirect_chain[-1][0] == "/accounts/2fa/authenticate/"
    assert_sound(step)
    assert client.get("/account/").status_code == 302, "not in before the code"
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert_sound(wrong)
    assert "Please check this" in wrong.content.decode()
    assert client.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 302
    assert client.get("/account/").status_code == 200
    again = Client()
    again.post("/accounts/login/", {"login": "Ana", "password": PASSWORD})
    assert again.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 200, "a code works once"


def test_turning_codes_off(with_code: tuple[Client, str], ana: Member) -> None:
    client, _ = with_code
    assert client.post("/accounts/2fa/totp/deactivate/", follow=True).status_code == 200
    assert not Authenticator.objects.filter(user=ana).exists()


def test_a_while_after_signing_in_the_password_is_asked_again(ana: Member) -> None:
    client = Client()
    client.force_login(ana)
    page = client.get("/accounts/2fa/totp/activate/", follow=True)
    assert page.redirect_chain[-1][0].startswith("/accounts/reauthenticate/")
    assert_sound(page)
    wrong = client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert_sound(wrong)
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


def test_passkey_pages(signed_in: Client, ana: Member) -> None:
    add = signed_in.get("/accounts/2fa/webauthn/add/")
    assert_sound(add)
    text = add.content.decode()
    assert "Sign in with it alone" in text
    assert "checked" in text
    for credential in ("", "{}", "nonsense", '{"id": "x"}', "[]", "null", '{"type": "public-key"}'):
        refused = signed_in.post("/accounts/2fa/webauthn/add/", {"name": "<i>key</i>", "credential": credential})
        assert refused.status_code == 200, credential
        assert_sound(refused)
    key = Authenticator.objects.create(
        user=ana, type="webauthn", data={"name": "My <phone>", "credential": {}, "passwordless": True}
    )
    for path in (
        "/accounts/2fa/webauthn/",
        "/accounts/2fa/",
        f"/accounts/2fa/webauthn/keys/{key.pk}/edit/",
        f"/accounts/2fa/webauthn/keys/{key.pk}/remove/",
    ):
        page = signed_in.get(path)
        assert page.status_code == 200
        assert_sound(page)
        assert "<phone>" not in page.content.decode()
    signed_in.post(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/")
    assert not Authenticator.objects.filter(pk=key.pk).exists()


def test_another_members_passkey_is_not_found(
    signed_in: Client, founder: Member, browser_of: Callable[..., Client]
) -> None:
    theirs = Authenticator.objects.create(user=founder, type="webauthn", data={"name": "x", "credential": {}})
    for act in ("edit", "remove"):
        assert signed_in.get(f"/accounts/2fa/webauthn/keys/{theirs.pk}/{act}/").status_code == 404


def test_nonsense_instead_of_a_passkey_is_a_message(founder: Member) -> None:
    client = Client()
    challenge = client.get("/accounts/2fa/webauthn/login/", HTTP_ACCEPT="application/json")
    assert "challenge" in json.loads(challenge.content)["request_options"]["publicKey"]
    for credential in ("", "{}", "nonsense", "[]", '{"id": "x"}'):
        response = client.post("/accounts/2fa/webauthn/login/", {"credential": credential})
        assert (response.status_code, response["Location"]) == (302, "/accounts/login/")
    assert_sound(client.get("/accounts/login/"))
