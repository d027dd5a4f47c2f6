"""The home page: ways in, what waits, what was decided, and the number beside "Decisions" on every page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance import home_entries
from governance.home_entries import WaitingItem, Welcome, landing, register_waiting, register_welcome, waiting_for
from governance.models import Decision, Member, Outcome, Proposal
from governance.services import ballots, closing
from tests.governance.decisions.conftest import NOON, closes, draft_appointment, later, make_community, opened
from tests.governance.page import assert_sound

pytestmark = pytest.mark.usefixtures("an_hour_after_noon")

Browser = Callable[[Member | None], Client]


@pytest.fixture(autouse=True)
def _votes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the apps above have registered is theirs to test."""
    monkeypatch.setattr(home_entries, "_welcomes", [])
    monkeypatch.setattr(home_entries, "_sources", home_entries._sources[:1])


@pytest.fixture
def hall() -> None:
    """An app above that has a page and two things for Member 1."""

    def things(member: Member, now: object) -> list[WaitingItem]:
        if member.username != "member1":
            return []
        return [
            WaitingItem("A calm <thing>", "It can wait.", "/calm/", urgent=False),
            WaitingItem("A pressing thing", "It cannot wait.", "/pressing/", urgent=True, until=later(hours=2)),
        ]

    register_welcome(Welcome("Go to the hall", "It is warm.", "governance:roles"))
    register_waiting(things)


def decided(author: Member, member: Member, voters: list[Member], **changes: object) -> Proposal:
    """A proposal on which the voters said yes, counted."""
    proposal = opened(author, member, **changes)  # type: ignore[arg-type]
    for voter in voters:
        ballots.cast(member=voter, proposal_id=proposal.pk, choice="yes", version=1, now=later(hours=1))
    closing.close(proposal_id=proposal.pk, now=closes(proposal))
    return proposal


def home_of(member: Member, browser_of: Browser) -> str:
    response = browser_of(member).get("/")
    assert response.status_code == 200
    assert_sound(response)
    return str(response.content.decode())


def headings(page: str) -> list[str]:
    return re.findall(r'<h2 id="\w+">(.*?)</h2>', page)


def titles(page: str, section: str) -> list[str]:
    part = page.split(f'<section aria-labelledby="{section}">')[1].split("</section>")[0]
    return re.findall(r"<h3>.*?<bdi>(.*?)</bdi>", part)


# --- What is shown ------------------------------------------------------------------------------------------------


def test_a_new_community_sees_no_empty_sections(members: list[Member], browser_of: Browser) -> None:
    page = home_of(members[0], browser_of)
    assert "Hello, <bdi>Member 1</bdi>" in page
    assert headings(page) == ["What else is here"]
    assert 'class="ways-in"' not in page


def test_everything_in_its_order(members: list[Member], browser_of: Browser, hall: None) -> None:
    decided(members[1], members[2], members)
    vote = opened(members[1], members[3], title="Appoint <Dora>")
    page = home_of(members[0], browser_of)
    assert headings(page) == ["Waiting for you", "Decided lately", "What else is here"]
    assert page.index("Go to the hall") < page.index("Waiting for you")
    assert titles(page, "waiting") == ["A pressing thing", "Appoint &lt;Dora&gt;", "A calm &lt;thing&gt;"]
    assert reverse("governance:proposal", args=[vote.pk]) in page
    assert titles(home_of(members[1], browser_of), "waiting") == ["Appoint &lt;Dora&gt;"], "another member's things"


def test_deadlines_in_the_members_time_zone_and_urgent_on_the_last_day(
    members: list[Member], browser_of: Browser
) -> None:
    Member.objects.filter(pk=members[0].pk).update(time_zone="Pacific/Auckland")
    opened(members[1], members[2])
    page = home_of(members[0], browser_of)
    assert "until Dec. 7, 2026, 1 a.m." in page
    assert "Pacific/Auckland" in page
    (vote,) = waiting_for(members[0], now=later(hours=95, minutes=59))
    assert (vote.urgent, vote.until) == (False, later(hours=120))
    (vote,) = waiting_for(members[0], now=later(hours=96))
    assert vote.urgent


def test_a_vote_disappears_with_the_ballot_and_with_the_close(members: list[Member], browser_of: Browser) -> None:
    proposal = opened(members[1], members[2])
    secret = opened(members[1], members[3], kind="member-suspend", payload={"member": members[3].pk, "days": 3})
    assert len(waiting_for(members[0], now=later(hours=1))) == 2
    for row in (proposal, secret):
        ballots.cast(member=members[0], proposal_id=row.pk, choice="no", version=1, now=later(hours=1))
    assert "Waiting for you" not in home_of(members[0], browser_of)
    assert waiting_for(members[4], now=closes(proposal)) == []


def test_the_last_three_decisions_are_told_with_their_arithmetic(members: list[Member], browser_of: Browser) -> None:
    for number in range(4):
        decided(members[0], members[number + 1], members[: number + 2], title=f"Proposal {number}")
    draft_appointment(members[0], members[1], title="Only a draft", role="admin")
    page = home_of(members[0], browser_of)
    assert titles(page, "decided") == ["Proposal 3", "Proposal 2", "Proposal 1"]
    assert "5 of 5 took part (at least 3 needed); 5 yes, 0 no, 0 abstained: more yes than no, so it passes." in page


def test_a_forged_decision_is_not_told(members: list[Member], browser_of: Browser) -> None:
    proposal = opened(members[0], members[1], title="Never counted")
    Decision.objects.create(
        proposal=proposal, kind="role-appoint", version=1, payload_hash="0" * 64, rule=proposal.rule,
        outcome=Outcome.CARRIED_OUT, eligible=5, yes=5, decided_at=later(days=9), seal="forged",
    )  # fmt: skip
    decided(members[0], members[2], members, title="Counted")
    assert titles(home_of(members[4], browser_of), "decided") == ["Counted"]


# --- Who gets in --------------------------------------------------------------------------------------------------


def test_nobody_signs_in_first_and_a_suspended_member_too(members: list[Member], browser_of: Browser) -> None:
    client = browser_of(members[3])
    Member.objects.filter(pk=members[3].pk).update(is_active=False)
    for visitor in (Client(), client):
        assert visitor.get("/")["Location"] == "/accounts/login/?next=/"
    assert browser_of(members[0]).post("/").status_code == 405


# --- The number in the header -------------------------------------------------------------------------------------


def test_every_page_says_how_many_votes_wait(members: list[Member], browser_of: Browser) -> None:
    client = browser_of(members[0])
    assert "wait for you" not in client.get(reverse("governance:account")).content.decode()
    first = opened(members[1], members[2])
    assert "1 vote waits for you" in client.get(reverse("governance:account")).content.decode()
    opened(members[1], members[3])
    page = client.get(reverse("governance:records")).content.decode()
    decisions = page[page.index("Decisions<") if "Decisions<" in page else page.index("Decisions ") :]
    assert decisions.index("2 votes wait for you") < decisions.index("</a>")
    ballots.cast(member=members[0], proposal_id=first.pk, choice="yes", version=1, now=later(hours=1))
    assert "1 vote waits for you" in client.get(reverse("governance:records")).content.decode()
    assert 'class="count"' not in Client().get("/accounts/login/").content.decode()


def test_in_arabic_numbers_have_their_own_plurals(members: list[Member], browser_of: Browser) -> None:
    Member.objects.filter(pk=members[0].pk).update(language="ar")
    for member in members[2:]:
        opened(members[1], member)
    page = browser_of(members[0]).get("/")
    assert_sound(page)
    assert '<span aria-hidden="true">3</span>' in page.content.decode()


# --- Cost ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_number_of_questions_does_not_grow_with_the_community() -> None:
    everyone = make_community(100)
    client = Client()
    client.force_login(everyone[0])

    def questions() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/").status_code == 200
        return len(seen)

    for number in range(3):
        decided(everyone[1], everyone[2 + number], everyone)
    opened(everyone[1], everyone[10])
    questions()
    few = questions()
    for number in range(20):
        opened(everyone[1], everyone[20 + number], now=NOON + timedelta(minutes=number))
    with CaptureQueriesContext(connection) as seen:
        page = client.get("/")
    assert page.content.count(b"proposals__item") == 24
    assert len(seen) == few
    assert few <= 20
    assert len([query for query in seen if "COUNT(*)" in query["sql"]]) == 1, "the number is asked once for two places"


# --- The registry -------------------------------------------------------------------------------------------------


def test_the_registry_takes_each_entry_once(hall: None) -> None:
    with pytest.raises(ValueError, match="already"):
        register_welcome(Welcome("Again", "", "governance:roles"))
    with pytest.raises(ValueError, match="already"):
        register_waiting(home_entries._sources[0])


def test_the_founder_lands_at_the_first_way_in(monkeypatch: pytest.MonkeyPatch, hall: None) -> None:
    assert landing() == reverse("governance:roles")
    monkeypatch.setattr(home_entries, "_welcomes", [])
    assert landing() == "/"
