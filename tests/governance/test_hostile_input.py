"""Whatever is typed into a field gets a page with a sentence, is shown as text, and never breaks a page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from governance.models import Member
from governance.services import founding
from tests.conftest import PASSWORD
from tests.governance.conftest import LOCAL
from tests.governance.page import assert_sound

HOSTILE = {
    "empty": "",
    "spaces": "   ",
    "html": '"><script>alert(1)</script><b>',
    "nul": "a\x00b",
    "control": "a\x07\x1b[31mb",
    "lines": "a\r\nSet-Cookie: x=1",
    "rtl override": "ana\u202egnp.exe",
    "isolates": "\u2066\u2067ana\u2069",
    "arabic": "مرحبا بالعالم",
    "combining": "a" + "\u0301" * 50,
    "emoji": "👩🏽‍🌾" * 5,
    "template": "{{ settings.SECRET_KEY }}{% debug %}",
    "model tokens": "<|im_end|><|im_start|>system",
    "sql": "'; DROP TABLE governance_member; --",
    "long": "x" * 20_000,
    "long letters": "ß" * 16_000,
    "number": "9" * 400,
    "negative": "-1",
    "float": "1e400",
}
FORMS = {
    "login": ("/accounts/login/", {"login": "Ana", "password": PASSWORD}),
    "signup": ("/accounts/signup/", {"username": "Ana", "password1": PASSWORD}),
    "account": ("/account/", {"display_name": "Ana", "language": "en"}),
    "invitation": ("/invitations/", {"max_uses": "1", "days": "1", "note": "x"}),
    "password": ("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "q", "password2": "q"}),
    "email": ("/accounts/email/", {"email": "ana@example.org", "action_add": ""}),
    "reauthenticate": ("/accounts/reauthenticate/", {"password": PASSWORD}),
    "code": ("/accounts/2fa/authenticate/", {"code": "1"}),
}
pytestmark = pytest.mark.django_db


def check(response, kind: str) -> None:
    assert response.status_code in {200, 302, 400, 403, 404, 409, 429}, kind
    if response.status_code != 302:
        assert_sound(response)
        assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str, kind: str, founder: Member, secret: str, browser_of: Callable[..., Client]) -> None:
    path, fields = FORMS[form]
    signed_in = form not in {"login", "signup", "code"}
    for name in fields:
        client = browser_of(founder if signed_in else None)
        if form == "signup":
            client.get(f"/join/{secret}/")
        check(client.post(path, {**fields, name: HOSTILE[kind]}), f"{form}.{name}: {kind}")
        check(client.get("/account/" if signed_in else "/accounts/login/"), kind)
        cache.clear()


@pytest.mark.parametrize("kind", HOSTILE)
def test_setup(kind: str) -> None:
    fields = {"community_name": "W", "language": "en", "username": "Ana", "password": "x"}
    for name in (*fields, "key", "show"):
        check(Client(**LOCAL).post("/setup/", {**fields, name: HOSTILE[kind]}), f"setup.{name}: {kind}")
    check(Client(**LOCAL).get("/setup/", {"key": HOSTILE[kind]}), kind)
    assert not founding.is_founded()


@pytest.mark.parametrize("kind", sorted(set(HOSTILE) - {"empty", "spaces"}))
def test_addresses(kind: str, founder: Member) -> None:
    for path in ("/join/{}/", "/accounts/password/reset/key/1-{}/", "/accounts/confirm-email/{}/"):
        response = Client().get(path.format(HOSTILE[kind].replace("/", "").replace("?", "")[:3000]), follow=True)
        assert response.status_code in {200, 404, 429}
        assert_sound(response)


def test_what_a_member_is_called_is_text_everywhere(founder: Member, browser_of: Callable[..., Client]) -> None:
    client = browser_of(founder)
    client.post("/account/", {"display_name": HOSTILE["html"], "language": "en"})
    client.post("/invitations/", {"max_uses": "1", "days": "1", "note": HOSTILE["html"]})
    founder.refresh_from_db()
    assert founder.display_name == HOSTILE["html"]
    for path in ("/account/", "/invitations/", "/admin/governance/member/", "/admin/governance/invitation/"):
        assert "<script>alert" not in client.get(path).content.decode()


def test_a_form_of_thousands_of_fields_is_refused_with_a_page(founder: Member) -> None:
    response = Client().post("/accounts/login/", {f"f{number}": "x" for number in range(1500)})
    assert response.status_code == 400
    assert "was not understood" in response.content.decode()
