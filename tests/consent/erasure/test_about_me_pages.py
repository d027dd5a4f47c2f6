"""The pages on which a member sees, takes along and erases what is theirs."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from django.test import Client

from community_ai.core.clock import clock_at, now
from community_ai.core.holdings import holdings
from consent.models import Erasure
from consent.services import erasure, ledger
from governance.models import Appointment, Comment, Member, Role
from governance.services import suspensions
from inference.models import Conversation
from knowledge.models import Entry
from tests.conftest import PASSWORD
from tests.consent.erasure.conftest import DAY, Markers, decide_together, live_here, talk, teach

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ana(people: dict[str, Member], mark: Markers) -> Member:
    talk(people["ana"], mark, conversations=2, messages=10)
    teach(people["ana"], mark, count=2)
    decide_together(people, mark)
    live_here(people, mark)
    return Member.objects.get(pk=people["ana"].pk)


def browser(member: Member) -> Client:
    client = Client()
    assert client.login(username=member.username, password=PASSWORD)
    return client


def sure(name: str) -> Client:
    """A browser in which the member signed in, and gave the password once more."""
    client = Client()
    assert client.post("/accounts/login/", {"login": name, "password": PASSWORD}).status_code == 302
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return client


def read_zip(response: Any) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(response.getvalue())) as zipped:
        assert zipped.testzip() is None
        return {name: zipped.read(name) for name in zipped.namelist()}


def test_the_page_shows_everything_and_every_kind_opens(
    ana: Member, mark: Markers, django_assert_max_num_queries: Any
) -> None:
    client = browser(ana)
    with django_assert_max_num_queries(60):
        page = client.get("/me/").content.decode()
    for held in holdings():
        assert f"{held.name} ({held.count(ana)})" in page or not held.count(ana)
        answer = client.get(f"/me/things/{held.key}/")
        assert answer.status_code == 200, held.key
        assert answer.content.decode().count('<article class="card"') == min(20, held.count(ana)) or held.key in (
            "profile",
            "sessions",
        ), held.key
    assert client.get("/me/things/nothing/").status_code == 404
    assert 'href="/me/"' in client.get("/").content.decode()


def test_administrators_see_their_own_alone(ana: Member, people: dict[str, Member], mark: Markers) -> None:
    client = browser(people["rosa"])
    kinds = ["conversations", "corrections", "feedback", "imports", "entries", "comments"]
    seen = "".join(client.get(f"/me/things/{key}/").content.decode() for key in kinds)
    assert not [marker for marker in mark.all if marker in seen]
    theirs = Conversation.objects.filter(member=ana).first()
    assert theirs is not None
    assert client.post(f"/me/things/conversations/{theirs.pk}/erase/").status_code == 404
    assert Conversation.objects.filter(pk=theirs.pk).exists()


def test_the_archive_holds_every_marker_once_more(ana: Member, mark: Markers) -> None:
    client = browser(ana)
    assert client.get("/me/take-along/").status_code == 200
    files = read_zip(client.post("/me/take-along/"))
    assert set(files) == {"README.md"} | {f"json/{h.key}.json" for h in holdings()} | {
        f"read/{h.key}.md" for h in holdings()
    }
    told = {name: json.loads(data) for name, data in files.items() if name.startswith("json/")}
    assert told["json/conversations.json"]["format"] == "community-ai/about-me/1"
    assert len(told["json/conversations.json"]["things"][0]["messages"]) == 5
    everything = b"".join(files.values()).decode()
    missing = {marker for marker in mark.all if marker not in everything}
    # A second factor's secret, the content of a file that waits, and what the queue and the cache remember.
    assert len(missing) == 6, missing


@pytest.mark.parametrize("kind", [held.key for held in holdings() if held.alone])
def test_a_kind_can_be_erased_alone(ana: Member, kind: str) -> None:
    client = browser(ana)
    others = {held.key: held.count(ana) for held in holdings()}
    assert client.get(f"/me/things/{kind}/erase/").status_code == 200
    assert client.post(f"/me/things/{kind}/erase/").status_code == 302
    for held in holdings():
        if held.key == kind:
            assert held.count(ana) == 0
        elif held.key not in ("record", "row_history", "thanks", "labels_put"):
            assert held.count(ana) == others[held.key], held.key
    (line,) = ledger.verified()
    assert line.facts["kinds"] == [kind]


@pytest.mark.parametrize("kind", [held.key for held in holdings() if held.erase_pieces])
def test_a_piece_can_be_erased_alone(ana: Member, kind: str) -> None:
    client = browser(ana)
    held = next(held for held in holdings() if held.key == kind)
    before = held.count(ana)
    shown = held.pieces(ana, offset=0, limit=1)
    if not shown or not shown[0].erasable:
        # Ended or taken back where it stands (an import), or tested in its own room (a fact, a sign-in).
        assert kind in ("imports", "memory", "sign_ins")
        return
    piece = shown[0]
    assert client.get(f"/me/things/{kind}/{piece.key}/erase/").status_code == 200
    assert client.post(f"/me/things/{kind}/{piece.key}/erase/").status_code == 302
    assert held.count(ana) == before - 1
    assert client.post(f"/me/things/{kind}/{piece.key}/erase/").status_code == 404
    (line,) = ledger.verified()
    assert line.facts == {"kinds": [kind], "pieces": [piece.key]}


def test_leaving_asks_twice_and_ends_with_a_proof(ana: Member) -> None:
    client = browser(ana)
    page = client.get("/me/erase/")
    assert page.status_code == 200
    sends = {"teaching": "withdraw", "name": "ana"}
    asked = client.post("/me/erase/", sends)
    assert asked.status_code == 302 and "/accounts/reauthenticate/" in asked["Location"]
    assert Member.objects.filter(pk=ana.pk, is_active=True).exists()
    done = client.post(asked["Location"], {"password": PASSWORD})
    assert done.status_code == 302, done.content.decode()
    address = done["Location"]
    assert re.fullmatch(r"/me/proof/[a-z2-7]{26}/", address)
    assert client.get("/me/").status_code == 302
    assert "being cleared away" in client.get(address).content.decode()
    erasure.finish(now=now())
    stranger = Client()
    proof = stranger.get(address)
    assert proof.status_code == 200 and "was verified just now" in proof.content.decode()
    file = json.loads(stranger.get(address + "file/").content)
    assert [json.loads(line)["what"] for line in file["lines"]] == ["all", "done"]
    assert stranger.get("/me/proof/abcdefghijklmnopqrstuvwxyz/").status_code == 404
    assert not Member.objects.filter(pk=ana.pk).exists()


@pytest.mark.parametrize("sends", [{}, {"teaching": "withdraw", "name": "bela"}, {"teaching": "x", "name": "ana"}])
def test_a_slip_erases_nothing(ana: Member, sends: dict[str, str]) -> None:
    client = sure("bela")
    bela = Member.objects.get(username="bela")
    answer = client.post("/me/erase/", {**sends, "name": sends.get("name", "").replace("bela", "rosa")})
    assert answer.status_code == 422
    bela.refresh_from_db()
    assert bela.is_active and not Erasure.objects.exists()


def test_who_alone_has_a_duty_is_asked_to_hand_over(people: dict[str, Member]) -> None:
    client, rosa = sure("rosa"), people["rosa"]
    assert "role-dismiss" in client.get("/me/erase/").content.decode()
    sends = {"teaching": "withdraw", "name": "rosa"}
    assert client.post("/me/erase/", sends).status_code == 422
    with pytest.raises(erasure.HandOverFirst):
        erasure.erase_all(member=rosa, teaching=erasure.Teaching.WITHDRAW, now=DAY)
    # Nobody can be kept: she leaves all the same.
    assert client.post("/me/erase/", {**sends, "anyway": "on"}).status_code == 302
    rosa.refresh_from_db()
    assert not rosa.is_active


def test_a_suspended_member_reaches_their_own_things_and_nothing_else(people: dict[str, Member]) -> None:
    ana = people["ana"]
    role = Role.objects.get(key="admin")
    Appointment.objects.create(member=people["bela"], role=role, began_at=DAY)
    with clock_at(DAY):
        suspensions.suspend_in_emergency(by=people["rosa"], member_id=ana.pk, days=7, reason="Now.", now=DAY)
    client = Client()
    signed_in = client.post("/accounts/login/", {"login": "ana", "password": PASSWORD})
    assert signed_in.status_code == 302 and signed_in["Location"] == "/me/"
    for path in ("/me/", "/me/things/profile/", "/me/take-along/", "/me/erase/"):
        assert client.get(path).status_code == 200, path
    for path in ("/", "/chat/", "/account/", "/decisions/", "/knowledge/", "/records/", "/admin/"):
        answer = client.get(path)
        assert answer.status_code == 302 and "login" in answer["Location"], path
    comment = Comment.objects.count()
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    assert client.post("/me/erase/", {"teaching": "anonymise", "name": "ana"}).status_code == 302
    erasure.finish(now=now())
    assert not Member.objects.filter(pk=ana.pk).exists()
    assert Comment.objects.count() == comment and Entry.objects.filter(author=ana.pk).count() == 0
    # Somebody whose account is closed for another reason is let in nowhere.
    Member.objects.filter(username="bela").update(is_active=False)
    other = Client()
    other.post("/accounts/login/", {"login": "bela", "password": PASSWORD})
    assert other.get("/me/").status_code == 302


def test_the_pages_of_decisions_say_that_words_are_gone(people: dict[str, Member], mark: Markers) -> None:
    proposed = decide_together(people, mark)
    erasure.erase_all(member=people["ana"], teaching=erasure.Teaching.WITHDRAW, now=DAY)
    erasure.finish(now=now())
    client = browser(people["bela"])
    for proposal in proposed.values():
        page = client.get(f"/decisions/{proposal.pk}/")
        assert page.status_code == 200
        assert not [marker for marker in mark.all if marker in page.content.decode()]
    decided = client.get(f"/decisions/{proposed['decided'].pk}/").content.decode()
    assert "left and took the words along" in decided and "took the words back" in decided
    assert "I agree with you." in decided
    for path in ("/", "/decisions/", "/decisions/new/role-create/?earlier=" + str(proposed["draft"].pk), "/records/"):
        assert client.get(path).status_code == 200, path
