"""Decisions: written once, sealed, and believed only with their seal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from governance import seals
from governance.audit.agreements import Facts
from governance.counting import Result
from governance.models import Decision, Outcome, Proposal, ProposalVersion
from governance.services import audit

_PURPOSE = "decision"
FOUNDING_ENTRY = "decision.founding"


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


class FoundedAlready(Exception):
    """What a founder sets, they set once."""


def record_founding(*, kind: str, payload: Any, now: datetime) -> Decision:
    """The sealed row for something that a founder set and no vote has decided yet (it stays provisional).

    Raises FoundedAlready when there is one of this kind: from then on only votes decide.
    """
    if Decision.objects.filter(kind=kind).exists():
        raise FoundedAlready(kind)
    decision = _record(
        Decision(kind=kind, payload_hash=seals.canonical_hash(payload), outcome=Outcome.CARRIED_OUT, decided_at=now)
    )
    record_founding_entry(decision, now=now)
    return decision


def record_founding_entry(decision: Decision, *, now: datetime) -> None:
    """The entry of the record with which a founder's decision must agree for ever."""
    audit.record(
        kind=FOUNDING_ENTRY,
        actor=None,
        subject=f"decision:{decision.pk}",
        facts={"decision": decision.pk, "kind": decision.kind, "seal": decision.seal},
        now=now,
    )


def is_genuine(decision: Decision) -> bool:
    """Whether the gateway wrote this row: its seal holds, and for a vote what was voted on is still the same."""
    if not seals.holds(_PURPOSE, decision.content(), decision.seal):
        return False
    if decision.proposal_id is None:
        return True
    version = ProposalVersion.objects.filter(proposal_id=decision.proposal_id, number=decision.version).first()
    return version is not None and seals.canonical_hash(version.payload) == decision.payload_hash


def compare_with_record(entries: Sequence[Facts]) -> str:
    """What the decisions' table says other than the record's entries about them; "" when they agree."""
    recorded = {facts.get("decision"): facts.get("seal") for facts in entries}
    present = dict(Decision.objects.values_list("pk", "seal"))
    for pk in sorted(recorded.keys() | present.keys(), key=str):
        if pk not in present:
            return f"decision {pk}, which the record tells of, is missing"
        if pk not in recorded:
            return f"decision {pk} is in no entry of the record"
        if recorded[pk] != present[pk]:
            return f"decision {pk} is not the one that the record tells of"
    return ""


def _record(decision: Decision) -> Decision:
    decision.seal = seals.seal(_PURPOSE, decision.content())
    decision.save(force_insert=True)
    return decision
