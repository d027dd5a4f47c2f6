"""A proposal from the draft to its effect, and every move that it may not make."""

from __future__ import annotations

import pytest

from governance.models import AuditEntry, Decision, Eligibility, Member, Outcome, Proposal, ProposalState
from governance.services import ballots, closing, comments, proposals
from governance.services.decisions import is_genuine
from governance.services.appointments import role_keys_of
from tests.governance.decisions.conftest import NOON, draft_appointment, later, opened


def vote(proposal: Proposal, member: Member, choice: str, **changes: object) -> ballots.Receipt:
    arguments = {"member": member, "proposal_id": proposal.pk, "choice": choice, "version": 1, "now": later(hours=1)}
    return ballots.cast(**{**arguments, **changes})  # type: ignore[arg-type]


def test_from_draft_to_effect(members: list[Member]) -> None:
    ana, ben, cleo, *_ = members
    proposal = opened(ben, cleo)
    for member, choice in zip(members, ["yes", "yes", "no"], strict=False):
        vote(proposal, member, choice)
    assert closing.close_due(now=proposal.closes_at) and not closing.close_due(now=later(days=9))
    proposal.refresh_from_db()
    decision = Decision.objects.get()
    assert proposal.state == ProposalState.CARRIED_OUT
    assert (decision.outcome, decision.eligible, decision.yes, decision.no) == (Outcome.CARRIED_OUT, 5, 2, 1)
    assert is_genuine(decision)
    assert "teacher" in role_keys_of(cleo)
    assert AuditEntry.objects.filter(kind="decision.carried_out").count() == 1


def test_nothing_closes_before_its_time_and_nothing_executes_early(members: list[Member]) -> None:
    proposal = opened(members[0], members[2])
    for member in members:
        vote(proposal, member, "yes")
    assert closing.close_due(now=later(hours=119, minutes=59, seconds=59)) == []
    assert "teacher" not in role_keys_of(members[2])
