"""What a kind is told about its proposals, and what it adds to their pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance import effects
from governance.effects import Panel
from governance.models import Member, Proposal, ProposalState, ProposalVersion
from governance.refusals import Refused
from governance.services import proposals
from tests.governance.decisions.conftest import NOON, draft_appointment, kind_replaced, later, opened


class Told(list[dict[str, Any]]):
    """A hook that keeps what it is told."""

    def __call__(self, **said: Any) -> None:
        self.append(said)


def refuse(**said: Any) -> None:
    raise Refused("Not now.")


def test_written_is_told_of_each_version(members: list[Member]) -> None:
    _, ben, cleo, dora, _ = members
    first, second = ({"member": member.pk, "role": "teacher"} for member in (cleo, dora))
    with kind_replaced("role-appoint", written=(told := Told())):
        draft = draft_appointment(ben, cleo)
        proposals.amend(
            author=ben, proposal_id=draft.pk, title="Another", reason="Better.", payload=second, now=later(hours=1)
        )
        at_once = proposals.open_at_once(
            author=ben, kind="role-appoint", title="At once", reason="Now.", payload=first, closes_by=later(days=1),
            now=later(hours=2),
        )  # fmt: skip
    assert told == [
        {"proposal_id": draft.pk, "version": 1, "payload": first, "now": NOON},
        {"proposal_id": draft.pk, "version": 2, "payload": second, "now": later(hours=1)},
        {"proposal_id": at_once.pk, "version": 1, "payload": first, "now": later(hours=2)},
    ]


def test_what_written_raises_undoes_the_writing(members: list[Member]) -> None:
    draft = draft_appointment(members[1], members[2])
    payload = {"member": members[3].pk, "role": "teacher"}
    with kind_replaced("role-appoint", written=refuse):
        with pytest.raises(Refused):
            draft_appointment(members[1], members[3])
        with pytest.raises(Refused):
            proposals.amend(author=members[1], proposal_id=draft.pk, title="x", reason="x", payload=payload, now=NOON)
    draft.refresh_from_db()
    assert Proposal.objects.get() == draft
    assert (draft.version, ProposalVersion.objects.count()) == (1, 1)


def test_withdrawn_is_told_with_the_payload_that_counted(members: list[Member]) -> None:
    draft, open_one = draft_appointment(members[1], members[2]), opened(members[1], members[3])
    payload = {"member": members[4].pk, "role": "teacher"}
    proposals.amend(author=members[1], proposal_id=draft.pk, title="x", reason="x", payload=payload, now=NOON)
    with kind_replaced("role-appoint", withdrawn=(told := Told())):
        proposals.withdraw(author=members[1], proposal_id=draft.pk, now=later(hours=1))
        proposals.withdraw(author=members[1], proposal_id=open_one.pk, now=later(hours=1))
        with pytest.raises(proposals.AlreadyOver):
            proposals.withdraw(author=members[1], proposal_id=open_one.pk, now=later(hours=1))
    assert told == [
        {"proposal_id": draft.pk, "payload": payload, "now": later(hours=1)},
        {"proposal_id": open_one.pk, "payload": {"member": members[3].pk, "role": "teacher"}, "now": later(hours=1)},
    ]


def test_what_withdrawn_raises_undoes_the_withdrawal(members: list[Member]) -> None:
    draft = draft_appointment(members[1], members[2])
    with kind_replaced("role-appoint", withdrawn=refuse), pytest.raises(Refused):
        proposals.withdraw(author=members[1], proposal_id=draft.pk, now=NOON)
    draft.refresh_from_db()
    assert draft.state == ProposalState.DRAFT


def test_a_proposal_whose_kind_is_gone_can_be_withdrawn(members: list[Member]) -> None:
    draft = draft_appointment(members[1], members[2])
    gone = effects._kinds.pop("role-appoint")
    try:
        proposals.withdraw(author=members[1], proposal_id=draft.pk, now=NOON)
    finally:
        effects._kinds["role-appoint"] = gone
    draft.refresh_from_db()
    assert draft.state == ProposalState.WITHDRAWN


@pytest.fixture
def panel_template(tmp_path: Path, settings: Any) -> str:
    """A template of an app above: it shows its context, and what it finds on the page."""
    (tmp_path / "panel.html").write_text(
        '<section id="panel">{{ words }} · {{ page.version.title }} · {{ when|date:"H:i" }} {% csrf_token %}</section>'
    )
    templates = [dict(engine) for engine in settings.TEMPLATES]
    templates[0]["DIRS"] = [tmp_path, *templates[0]["DIRS"]]
    settings.TEMPLATES = templates
    return "panel.html"


@pytest.mark.usefixtures("an_hour_after_noon")
def test_a_panel_stands_between_the_effect_and_the_reason(
    members: list[Member], browser_of: Callable[[Member | None], Client], panel_template: str
) -> None:
    proposal = opened(members[1], members[2], title="Appoint <Cleo>")
    Member.objects.filter(pk=members[3].pk).update(time_zone="Pacific/Auckland")
    asked = Told()

    def panel(**said: Any) -> Panel | None:
        asked(**said)
        return Panel(panel_template, {"words": "Words & more", "when": NOON}) if said["member"] == members[3] else None

    address = reverse("governance:proposal", args=[proposal.pk])
    with kind_replaced("role-appoint", panel=panel):
        page = browser_of(members[3]).get(address).content.decode()
        assert b"panel" not in browser_of(members[4]).get(address).content
    assert page.index('id="effect"') < page.index('<section id="panel">') < page.index('id="why"')
    assert "Words &amp; more · Appoint &lt;Cleo&gt; · 01:00 <input" in page, "escaped, in the reader's time zone"
    assert [said["member"] for said in asked] == [members[3], members[4]]
    assert asked[0] == {
        "proposal": proposal,
        "version": proposals.present_version(proposal),
        "member": members[3],
        "now": later(hours=1),
    }
