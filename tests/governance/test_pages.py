"""Every page, as nobody, as a member and as an administrator: who gets in, and that the page is sound."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.template import loader
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.models import Member
from tests.conftest import PASSWORD
from tests.governance.page import assert_sound, read

pytestmark = pytest.mark.django_db

LOGIN = 302
# path: status for nobody, a member, an administrator
PAGES = {
    "/": (LOGIN, 200, 200),
    "/account/": (LOGIN, 200, 200),
    "/invitations/": (LOGIN, 403, 200),
    "/setup/": (404, 404, 404),
    "/nothing/": (404, 404, 404),
    "/accounts/login/": (200, 302, 302),
    "/accounts/signup/": (200, 302, 302),
    "/accounts/logout/": (302, 200, 200),
    "/accounts/inactive/": (200, 200, 200),
    "/accounts/email/": (200, 200, 200),
    "/accounts/confirm-email/": (200, 200, 200),
    "/accounts/confirm-email/nonsense/": (200, 200, 200),
    "/accounts/password/change/": (LOGIN, 200, 200),
    "/accounts/password/set/": (LOGIN, 302, 302),
    "/accounts/password/reset/": (200, 200, 200),
    "/accounts/password/reset/done/": (200, 200, 200),
    "/accounts/password/reset/key/1-nonsense/": (200, 200, 200),
    "/accounts/password/reset/key/done/": (200, 200, 200),
    "/accounts/reauthenticate/": (LOGIN, 200, 200),
    "/accounts/2fa/": (LOGIN, 200, 200),
    "/accounts/2fa/authenticate/": (302, 302, 302),
    "/accounts/2fa/totp/deactivate/": (LOGIN, 404, 404),
    "/accounts/2fa/webauthn/": (LOGIN, 200, 200),
    "/accounts/2fa/recovery-codes/": (LOGIN, 404, 404),
    "/admin/": (LOGIN, 403, 200),
    "/admin/governance/member/": (LOGIN, 403, 200),
}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page(path: str, language: str, founder: Member, ana: Member, browser_of: Callable[..., Client]) -> None:
    Member.objects.update(language="")
    for who, expected in zip((None, ana, founder), PAGES[path], strict=True):
        client = browser_of(who)
        client.cookies["django_language"] = language
        response = client.get(path)
        assert response.status_code == expected, (who, response.get("Location"))
        if response.status_code != 302 and not path.startswith("/admin/"):
            assert_sound(response)
            assert read(response).html["lang"] == language
            assert read(response).html["dir"] == ("rtl" if language == "ar" else "ltr")


def test_nobody_is_sent_to_sign_in_and_back(founder: Member) -> None:
    response = Client().get("/account/")
    assert response["Location"] == "/accounts/login/?next=/account/"
    client = Client()
    signed_in = client.post(response["Location"], {"login": "rosa quispe", "password": PASSWORD, "next": "/account/"})
    assert signed_in["Location"] == "/account/"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:evil"]
)
def test_no_way_out_through_next(elsewhere: str, founder: Member) -> None:
    for path, form in (
        ("/accounts/login/", {"login": "Rosa Quispe", "password": PASSWORD}),
        ("/language/", {"language": "es"}),
    ):
        response = Client().post(path, {**form, "next": elsewhere})
        assert response.status_code == 302
        assert response["Location"] == "/"
    client = Client()
    client.force_login(founder)
    response = client.post("/accounts/logout/", {"next": elsewhere})
    assert response["Location"] == "/accounts/login/"
    # What the sign-in page itself carries along is text in a field, and refused as above.
    assert_sound(Client().get("/accounts/login/", {"next": elsewhere}))


def test_a_member_without_mail_is_told_whom_to_ask(founder: Member) -> None:
    for response in (Client().get("/accounts/password/reset/"), Client().post("/accounts/password/reset/", {})):
        assert "password_reset_link" in response.content.decode()
        assert_sound(response)


def test_with_mail_the_reset_is_sent(founder: Member, settings, mailoutbox) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    founder.email = "rosa@example.org"
    founder.save()
    client = Client()
    assert_sound(client.get("/accounts/password/reset/"))
    assert client.post("/accounts/password/reset/", {"email": "rosa@example.org"}).status_code == 302
    assert "/accounts/password/reset/key/" in mailoutbox[0].body


def test_the_account_page_keeps_name_and_language(ana: Member, browser_of: Callable[..., Client]) -> None:
    client = browser_of(ana)
    response = client.post("/account/", {"display_name": "Ana <the> Weaver", "language": "ar"}, follow=True)
    ana.refresh_from_db()
    assert (str(ana), ana.language) == ("Ana <the> Weaver", "ar")
    assert read(response).html["dir"] == "rtl"
    assert_sound(response)


def test_the_csrf_page_is_a_page(founder: Member) -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
    assert response.status_code == 403
    assert "send that once more" in response.content.decode()
    assert_sound(response)


def test_a_strange_host_gets_a_page(founder: Member) -> None:
    response = Client(HTTP_HOST="evil.example").get("/accounts/login/")
    assert response.status_code == 400
    assert "was not understood" in response.content.decode()


def test_a_broken_page_says_so_without_database(founder: Member) -> None:
    with CaptureQueriesContext(connection) as queries:
        text = loader.get_template("500.html").render()
    assert len(queries) == 0
    assert "Something broke on our side" in text


def test_the_first_page_is_light(founder: Member) -> None:
    response = Client().get("/accounts/login/")
    text = response.content.decode()
    weight = len(gzip.compress(response.content))
    for name in re.findall(r'(?:src|href)="/static/([^"]+)"', text):
        weight += len(gzip.compress(Path(str(finders.find(name))).read_bytes()))
    assert weight <= 60_000
