"""A member's sign-ins: as little as helps them is kept, they see it, and they can sign out elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from community_ai.core.clock import clock_at
from community_ai.core.holdings import Teaching, holding
from consent.browsers import kind_of, words_of
from consent.models import SignIn
from consent.services import sign_ins
from governance.models import Community, Member
from tests.conftest import PASSWORD

NOON = datetime(2026, 12, 1, 12, 34, 56, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = ("Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/140.0.1.2 Mobile Safari/537.36")  # fmt: skip


@pytest.fixture
def ana(make_member: Any, empty_cache: None) -> Member:
    Community.objects.create(name="The Weavers", language="en", founded_at=NOON)
    member: Member = make_member("ana")
    return member


def sign_in(agent: str, name: str = "ana") -> Client:
    browser = Client(headers={"User-Agent": agent}, REMOTE_ADDR="203.0.113.77")
    assert browser.post("/accounts/login/", {"login": name, "password": PASSWORD}).status_code == 302
    return browser


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (PHONE, "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/1 Safari/604.1",
         "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari on Mac"),
        ("curl/8.0 of Ana in Lima", "Another browser"),
        ("Lynx (Linux)", "Another browser on Linux"),
        ("Firefox/1", "Firefox"),
        ("", "Another browser"),
    ],
)  # fmt: skip
def test_browsers_are_told_apart_coarsely(agent: str, words: str) -> None:
    assert words_of(kind_of(agent)) == words
    assert len(kind_of(agent)) <= 24


def test_the_hour_and_the_kind_of_browser_are_kept_and_nothing_else(ana: Member) -> None:
    with clock_at(NOON):
        browser = sign_in(PHONE)
        sign_in(PHONE)
    row = SignIn.objects.get()
    assert (row.member, row.hour, row.browser) == (ana, NOON.replace(minute=0, second=0), "Chrome/Android")
    assert set(SignIn.objects.values().get()) == {"id", "member_id", "hour", "browser"}
    kept = str([session.get_decoded() for session in Session.objects.all()])
    assert "203.0.113" not in kept
    assert "Pixel" not in kept
    assert browser.session[sign_ins.NOTED]["browser"] == "Chrome/Android"


def test_the_page_shows_where_one_is_signed_in_and_signs_out_there(ana: Member, make_member: Any) -> None:
    make_member("bela")
    with clock_at(NOON):
        here, phone, neighbour = sign_in(FIREFOX), sign_in(PHONE), sign_in(PHONE, "bela")
        page = here.get(reverse("consent:sign_ins"))
        text = page.content.decode()
        assert text.count("This browser") == 1
        assert text.count("Sign out there") == 1
        assert {"Firefox on Linux", "Chrome on Android"} <= {part for _one, part in page.context["sessions"]}
        (other,) = [one for one, _words in page.context["sessions"] if not one.here]
        answer = here.post(reverse("consent:end_sign_in"), {"session": other.handle}, follow=True)
        assert "You are signed out in one browser." in answer.content.decode()
        assert phone.get(reverse("consent:sign_ins")).status_code == 302
        assert here.get(reverse("consent:sign_ins")).status_code == 200
        assert neighbour.get(reverse("consent:sign_ins")).status_code == 200
        again = here.post(reverse("consent:end_sign_in"), {"session": other.handle}, follow=True)
        assert "You were signed out there already." in again.content.decode()


def test_signing_out_everywhere_else_leaves_this_browser_and_other_members(ana: Member, make_member: Any) -> None:
    make_member("bela")
    with clock_at(NOON):
        here, first, second, neighbour = sign_in(FIREFOX), sign_in(PHONE), sign_in(PHONE), sign_in(PHONE, "bela")
        here.post(reverse("consent:end_sign_in"), {"others": "1"})
        assert [browser.get("/me/sign-ins/").status_code for browser in (here, first, second, neighbour)] == [
            200, 302, 302, 200,
        ]  # fmt: skip


def test_nobody_signs_another_out_and_nobody_this_browser(ana: Member, make_member: Any) -> None:
    bela = make_member("bela")
    with clock_at(NOON):
        here, neighbour = sign_in(FIREFOX), sign_in(PHONE, "bela")
        (theirs,) = sign_ins.open_sessions(member=bela, here=None, now=NOON)
        (mine,) = sign_ins.open_sessions(member=ana, here=here.session.session_key, now=NOON)
        for handle in (theirs.handle, mine.handle, "", "a" * 32):
            here.post(reverse("consent:end_sign_in"), {"session": handle})
        assert here.get("/me/sign-ins/").status_code == neighbour.get("/me/sign-ins/").status_code == 200


def test_a_session_from_before_is_shown_without_what_nobody_noted(ana: Member) -> None:
    browser = Client()
    browser.force_login(ana)
    page = browser.get(reverse("consent:sign_ins")).content.decode()
    assert "Another browser" in page
    assert "Signed in:" not in page


def test_sign_ins_are_seen_taken_along_and_erased_with_the_person(ana: Member, make_member: Any) -> None:
    bela = make_member("bela")
    for member in (ana, bela):
        for hours in range(3):
            SignIn.objects.create(member=member, hour=NOON + timedelta(hours=hours), browser="Firefox/Linux")
    held = holding("sign_ins")
    assert held.count(ana) == 3
    assert next(iter(held.export(ana)))["browser"] == "Firefox on Linux"
    assert held.erase(member_id=ana.pk, teaching=Teaching.WITHDRAW, now=NOON) == 3
    assert held.erase(member_id=ana.pk, teaching=Teaching.WITHDRAW, now=NOON) == 0
    assert held.count(bela) == 3
