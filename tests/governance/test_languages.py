from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from governance.models import Community, Member
from tests.governance.conftest import LOCAL
from tests.governance.page import read

pytestmark = pytest.mark.django_db


def language_of(client: Client, **headers: Any) -> str | None:
    return read(client.get("/accounts/password/reset/", **headers)).html["lang"]


def test_the_order_of_wishes(ana: Member, browser_of: Callable[..., Client]) -> None:
    wish: dict[str, Any] = {"HTTP_ACCEPT_LANGUAGE": "fr"}
    client = browser_of()
    Community.objects.update(language="xx")
    assert language_of(client, **wish) == "fr", "the browser's wish, when the community's language has no pages"
    Community.objects.update(language="es")
    assert language_of(client, **wish) == "es", "the community's language before the browser's wish"
    client.post("/language/", {"language": "ar", "next": "/"})
    assert language_of(client, **wish) == "ar", "what this browser chose before the community's"
    Member.objects.filter(pk=ana.pk).update(language="en")
    client.force_login(ana)
    assert language_of(client, **wish) == "en", "the member's own before all"


def test_choosing_stays_with_the_member(ana: Member, browser_of: Callable[..., Client]) -> None:
    response = browser_of(ana).post("/language/", {"language": "fr", "next": "/account/"})
    assert response["Location"] == "/account/"
    ana.refresh_from_db()
    assert ana.language == "fr"
    assert language_of(browser_of(ana)) == "fr"


def test_as_the_community_forgets_what_the_browser_chose(ana: Member, browser_of: Callable[..., Client]) -> None:
    client = browser_of(ana)
    client.post("/language/", {"language": "fr", "next": "/"})
    Community.objects.update(language="es")
    client.post("/account/", {"display_name": "", "language": ""})
    assert language_of(client) == "es"


@pytest.mark.parametrize("language", ["", "xx", "<script>", "en\x00", "../../etc", "e" * 10_000])
def test_what_is_no_language_changes_nothing(language: str, ana: Member, browser_of: Callable[..., Client]) -> None:
    client = browser_of(ana)
    assert client.post("/language/", {"language": language, "next": "/account/"}).status_code == 302
    ana.refresh_from_db()
    assert ana.language == ""


def test_only_by_post(ana: Member, browser_of: Callable[..., Client]) -> None:
    assert browser_of(ana).get("/language/?language=fr&next=//evil.example")["Location"] == "/"
    ana.refresh_from_db()
    assert ana.language == ""


def test_before_the_founding_the_language_can_be_chosen(browser_of: Callable[..., Client]) -> None:
    client = browser_of()
    client.post("/language/", {"language": "ar", "next": "/setup/"}, **LOCAL)
    response = client.get("/setup/", **LOCAL)
    assert read(response).html == {"lang": "ar", "dir": "rtl"}
    assert response.context["form"].initial["language"] == "ar"
