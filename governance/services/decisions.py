"""Decisions: written once, sealed, and believed only with their seal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from governance import seals
from governance.counting import Result
from governance.models import Decision, Outcome, Proposal, ProposalVersion

_PURPOSE = "decision"


def record_decision(
    *, proposal: Proposal, version: ProposalVersion, result: Result, outcome: Outcome, explanation: str, now: datetime
) -> Decision:
    """The sealed row of a counted proposal. Closing alone calls this, inside its transaction."""
    return _record(
        Decision(
            proposal=proposal,
            kind=proposal.kind,
            version=version.number,
            payload_hash=seals.canonical_hash(version.payload),
            rule_id=proposal.rule_id,
            outcome=outcome,
            explanation=explanation,
            eligible=result.eligible,
            yes=result.yes,
            no=result.no,
            abstain=result.abstain,
            block=result.block,
            decided_at=now,
        )
    )


def record_founding(*, kind: str, payload: Any, now: datetime) -> Decision:
    """The sealed row for something that a founder set and no vote has decided yet (it stays provisional)."""
    return _record(
        Decision(kind=kind, payload_hash=seals.canonical_hash(payload), outcome=Outcome.CARRIED_OUT, decided_at=now)
    )


def is_genuine(decision: Decision) -> bool:
    """Whether the gateway wrote this row: its seal holds, and for a vote what was voted on is still the same."""
    if not seals.holds(_PURPOSE, decision.content(), decision.seal):
        return False
    if decision.proposal_id is None:
        return True
    version = ProposalVersion.objects.filter(proposal_id=decision.proposal_id, number=decision.version).first()
    return version is not None and seals.canonical_hash(version.payload) == decision.payload_hash


def _record(decision: Decision) -> Decision:
    decision.seal = seals.seal(_PURPOSE, decision.content())
    decision.save(force_insert=True)
    return decision
