"""No page falls back to English: in Arabic, whose script is another, what was left untranslated is easy to see."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import timezone, translation

from governance.models import Member
from tests.governance.test_pages import PAGES
from tests.governance.test_second_factors import signed_in, with_code

__all__ = ["signed_in", "with_code"]

pytestmark = pytest.mark.django_db

# Names, languages as they call themselves, addresses, and what is typed into a terminal or scanned.
NAMES = re.compile(
    r"Community AI|English|Español|Français|Weavers|Rosa Quispe|Ana\b|JavaScript|QR|PIN|[\w.-]+@[\w.-]+|manage\.py \w+|https?://\S+"
)
# What Django's admin says in English in every language.
ADMIN = {"Search", "True", "False"}
SPOKEN_ATTRIBUTES = (
    "aria-label",
    "alt",
    "title",
    "placeholder",
    "data-show-text",
    "data-hide-text",
    "data-copied",
    "content",
)


class _Spoken(HTMLParser):
    """Collects what a person reads or hears, but for names in <bdi>, code, and words marked as another language's."""

    SILENT = ("script", "style", "code", "bdi", "textarea")

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in self.SILENT or (tag == "option" and "lang" in values):
            self._inside.append(tag)
        if tag == "meta" and values.get("name") != "description":
            return
        self.said += [values[name] or "" for name in SPOKEN_ATTRIBUTES if name in values]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.said.append(data)


def english_on(response: Any) -> list[str]:
    page = _Spoken()
    page.feed(response.content.decode())
    return [text.strip() for text in page.said if re.search(r"[A-Za-z]{3}", NAMES.sub("", text))]


@pytest.mark.parametrize("path", PAGES)
def test_every_page(path: str, founder: Member, ana: Member, browser_of: Callable[..., Client]) -> None:
    Member.objects.update(language="")
    for who in (None, ana, founder):
        client = browser_of(who)
        client.cookies["django_language"] = "ar"
        response = client.get(path)
        if response.status_code != 302:
            assert set(english_on(response)) <= (ADMIN if path.startswith("/admin/") else set())


def test_pages_of_codes(with_code: tuple[Client, str]) -> None:
    client, _ = with_code
    client.cookies["django_language"] = "ar"
    for path in (
        "/accounts/2fa/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/totp/deactivate/",
        "/accounts/2fa/webauthn/add/",
    ):
        assert english_on(client.get(path)) == [], path


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/accounts/login/", {"login": "Ana", "password": "wrong"}),
        ("/accounts/login/", {}),
        ("/account/", {"display_name": "\u202e", "language": "xx"}),
        ("/invitations/", {"days": "-1", "max_uses": "many", "note": "a\x00"}),
        ("/accounts/password/change/", {"oldpassword": "wrong", "password1": "a", "password2": "b"}),
    ],
)
def test_what_is_wrong_with_a_form(path: str, form: dict[str, str], founder: Member) -> None:
    Member.objects.update(language="")
    client = Client()
    if not path.endswith("/login/"):
        client.force_login(founder)
    client.cookies["django_language"] = "ar"
    response = client.post(path, form)
    assert response.status_code == 200
    assert english_on(response) == []


def test_dates_begin_with_the_day() -> None:
    moment = datetime(2026, 11, 24, 9, 36, tzinfo=UTC)
    with translation.override("ar"), timezone.override(UTC):
        assert Template("{{ moment }}").render(Context({"moment": moment})) == "24 نوفمبر 2026، 09:36"
