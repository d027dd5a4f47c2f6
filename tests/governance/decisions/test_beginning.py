"""Beginning a proposal: by theme, from a usual one, or like one that ended and changed nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance import effects
from governance.effects import InvalidPayload, Template
from governance.models import Member, Proposal, ProposalState, Role
from governance.rule_terms import RuleTerms
from governance.services import ballots, closing, proposals, rules
from governance.services.appointments import appoint
from tests.governance.decisions.conftest import NOON, closes, draft_appointment, kind_replaced, later, opened
from tests.governance.page import assert_sound

pytestmark = pytest.mark.usefixtures("an_hour_after_noon")

Browser = Callable[[Member | None], Client]
START = "/decisions/new/"


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    assert_sound(response)
    return str(response.content.decode())


def values(page: str) -> dict[str, str]:
    """What stands in the text fields of a page, and what is chosen, by name."""
    found = {
        name: unescape(text).strip()
        for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.S)
    }
    for field in re.findall(r"<input [^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', field), re.search(r'value="([^"]*)"', field)
        chosen = ('type="radio"' not in field and 'type="checkbox"' not in field) or " checked" in field
        if name and value and chosen:
            found[name[1]] = unescape(value[1])
    return found


# --- Themes and usual proposals -----------------------------------------------------------------------------------


def test_kinds_stand_below_the_heading_of_their_theme(members: list[Member], browser_of: Browser) -> None:
    how = "How we decide"
    with kind_replaced("rule-change", theme=how), kind_replaced("member-suspend", theme=how):
        page = page_of(browser_of(members[0]), START)
    headings = re.findall(r"<h([23]) id=[^>]*>(.*?)</h", unescape(page))
    themes = [name for level, name in headings if level == "2"]
    assert [name for name in themes if name in {"Our community", "How we decide"}] == ["Our community", "How we decide"]
    assert len(themes) == len(set(themes)), "each once"
    jumps = re.findall(r'<a class="button" href="#(theme-\d+)">(.*?)</a>', unescape(page))
    assert [name for _, name in jumps] == themes
    _, _, after = unescape(page).partition(">How we decide</h2>")
    assert set(re.findall(r"<h3 id=[^>]*>(.*?)</h3>", after.split("<h2")[0])) == {
        "Change how we decide",
        "Suspend a member",
    }
    startable = [str(kind.name) for kind in effects.kinds() if kind.startable]
    assert sorted(name for level, name in headings if level == "3") == sorted(startable)


def test_a_usual_proposal_is_offered_and_begins_the_draft(members: list[Member], browser_of: Browser) -> None:
    usual = Template("elder", "An <elder> teaches", "She knows the old words.", {"role": "teacher"})
    client = browser_of(members[1])
    with kind_replaced("role-appoint", templates=[usual]):
        start = page_of(client, START)
        link = re.search(r'href="([^"]+)">An &lt;elder&gt; teaches</a>', start)
        assert link is not None
        page = page_of(client, link[1])
        begun = values(page)
        assert begun["wording-title"] == "An <elder> teaches"
        assert begun["wording-reason"] == "She knows the old words."
        assert begun["effect-role"] == "teacher"
        assert "effect-member" not in begun, "who, is for the member to say"
        saved = client.post(link[1], {**begun, "effect-member": members[2].pk})
    assert saved.status_code == 302
    assert proposals.present_version(Proposal.objects.get()).title == "An <elder> teaches"


def test_who_may_not_propose_is_offered_nothing(members: list[Member], browser_of: Browser) -> None:
    payload = rules.change_payload("role-appoint", RuleTerms(propose_roles=("admin",)))
    change = opened(members[0], members[0], kind="rule-change", payload=payload)
    for member in members:
        ballots.cast(member=member, proposal_id=change.pk, choice="yes", version=1, now=later(hours=1))
    closing.close(proposal_id=change.pk, now=closes(change))
    lost = ended(ProposalState.REJECTED, members, author=members[0])
    usual = Template("elder", "An elder teaches")
    with kind_replaced("role-appoint", templates=[usual]):
        for member, offered in ((members[0], True), (members[1], False)):
            page = page_of(browser_of(member), START)
            assert ("An elder teaches" in page) is offered
            assert (f'"{START}role-appoint/"' in page) is offered
            page = page_of(browser_of(member), reverse("governance:proposal", args=[lost.pk]))
            assert ("Propose it again" in page) is offered


# --- Once more ----------------------------------------------------------------------------------------------------


def ended(state: ProposalState, members: list[Member], author: Member | None = None) -> Proposal:
    """A proposal that ended in this state by the way that leads there."""
    _, ben, cleo, *_ = members
    ben = author or ben
    proposal = opened(ben, cleo, title="Appoint <Cleo>", reason="She & her words.")
    if state == ProposalState.WITHDRAWN:
        proposals.withdraw(author=ben, proposal_id=proposal.pk, now=NOON)
    else:
        choice = "no" if state == ProposalState.REJECTED else "yes"
        for member in members:
            ballots.cast(member=member, proposal_id=proposal.pk, choice=choice, version=1, now=later(hours=1))
        if state == ProposalState.SUPERSEDED:
            appoint(member=cleo, role=Role.objects.get(key="teacher"), now=later(hours=2))
        fail: dict[str, Any] = {"apply": _fail} if state == ProposalState.FAILED else {}
        with kind_replaced("role-appoint", **fail):
            closing.close(proposal_id=proposal.pk, now=closes(proposal))
    proposal.refresh_from_db()
    assert proposal.state == state
    return proposal


def _fail(**said: Any) -> None:
    raise effects.EffectFailed("It broke.")


ENDED = [ProposalState.WITHDRAWN, ProposalState.REJECTED, ProposalState.FAILED, ProposalState.SUPERSEDED]


@pytest.mark.parametrize("state", ENDED)
def test_what_ended_without_effect_can_be_proposed_again_by_anyone(
    state: ProposalState, members: list[Member], browser_of: Browser
) -> None:
    proposal = ended(state, members)
    client = browser_of(members[4])
    page = page_of(client, reverse("governance:proposal", args=[proposal.pk]))
    link = re.search(r'href="([^"]+)">Propose it again</a>', page)
    assert link is not None
    form = page_of(client, link[1])
    assert "The earlier proposal" in form
    begun = values(form)
    assert (begun["wording-title"], begun["wording-reason"]) == ("Appoint <Cleo>", "She & her words.")
    assert (begun["effect-member"], begun["effect-role"]) == (str(members[2].pk), "teacher")
    saved = client.post(link[1], begun)
    if state == ProposalState.SUPERSEDED:
        assert saved.status_code == 422, "she is a teacher by now: seen against the present state"
        assert "She &amp; her words." in saved.content.decode()
        return
    assert saved.status_code == 302
    again = Proposal.objects.latest("pk")
    assert (again.pk != proposal.pk, again.author, again.state) == (True, members[4], ProposalState.DRAFT)
    fresh = proposals.present_version(again)
    assert fresh.payload == proposals.present_version(proposal).payload
    assert fresh.target_hash == effects.kind_named("role-appoint").target_hash(fresh.payload)


def test_the_target_is_taken_anew(members: list[Member], browser_of: Browser) -> None:
    payload = {"role": "teacher", "name": "Guide", "permissions": ["teach"]}
    proposal = draft_appointment(members[1], members[2], kind="role-change", payload=payload)
    proposals.withdraw(author=members[1], proposal_id=proposal.pk, now=NOON)
    Role.objects.filter(key="teacher").update(name="Elder")
    client = browser_of(members[1])
    address = f"{START}role-change/?again={proposal.pk}"
    assert client.post(address, values(page_of(client, address))).status_code == 302
    again = Proposal.objects.latest("pk")
    assert proposals.present_version(again).target_hash != proposals.present_version(proposal).target_hash
    proposals.open_vote(author=members[1], proposal_id=again.pk, version=1, now=NOON)


def test_what_is_running_or_carried_out_is_not_offered(members: list[Member], browser_of: Browser) -> None:
    draft, running = draft_appointment(members[1], members[2]), opened(members[1], members[3])
    done = opened(members[1], members[4])
    for member in members:
        ballots.cast(member=member, proposal_id=done.pk, choice="yes", version=1, now=later(hours=1))
    closing.close(proposal_id=done.pk, now=closes(done))
    client = browser_of(members[1])
    for proposal in (draft, running, done):
        assert "Propose it again" not in page_of(client, reverse("governance:proposal", args=[proposal.pk]))
        form = page_of(client, f"{START}role-appoint/?again={proposal.pk}")
        assert values(form).get("wording-title", "") == "", "not by its address either"


def test_what_only_the_node_opens_is_not_offered(members: list[Member], browser_of: Browser) -> None:
    proposal = ended(ProposalState.REJECTED, members)
    with kind_replaced("role-appoint", startable=False):
        page = page_of(browser_of(members[1]), reverse("governance:proposal", args=[proposal.pk]))
    assert "Propose it again" not in page


def test_content_of_another_form_leaves_the_words(members: list[Member], browser_of: Browser) -> None:
    def refuse(payload: Any) -> Any:
        raise InvalidPayload("Another form now.")

    proposal = ended(ProposalState.WITHDRAWN, members)
    with kind_replaced("role-appoint", validate=refuse):
        begun = values(page_of(browser_of(members[1]), f"{START}role-appoint/?again={proposal.pk}"))
    assert begun["wording-title"] == "Appoint <Cleo>"
    assert "effect-member" not in begun


@pytest.mark.parametrize("again", ["0", "999", "x", "", "-1", "1%00", "9" * 40, "٣", "1' OR 1=1"])
def test_a_number_that_is_none_begins_with_nothing(again: str, members: list[Member], browser_of: Browser) -> None:
    page = page_of(browser_of(members[1]), f"{START}role-appoint/?again={again}")
    assert "The earlier proposal" not in page


def test_the_words_of_another_kind_are_not_taken(members: list[Member], browser_of: Browser) -> None:
    proposal = ended(ProposalState.WITHDRAWN, members)
    page = page_of(browser_of(members[1]), f"{START}member-suspend/?again={proposal.pk}")
    assert "Appoint &lt;Cleo&gt;" not in page
