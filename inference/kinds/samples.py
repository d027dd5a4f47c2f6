"""What a proposal about the behaviour shows on its page: sample questions, answered now and as they would be."""

from __future__ import annotations

from datetime import datetime

from community_ai.core.jobs import enqueue_on_commit
from governance.effects import Panel, Payload
from governance.models import Member, Proposal, ProposalState, ProposalVersion
from inference.jobs import answer_samples
from inference.services.samples import comparison


def prepare(*, proposal_id: int, version: int, payload: Payload, now: datetime) -> None:
    """A version was written: have the samples answered in the background."""
    enqueue_on_commit(answer_samples, proposal_id)


def panel(*, proposal: Proposal, version: ProposalVersion, member: Member, now: datetime) -> Panel | None:
    compared = comparison(version)
    if compared is None or not compared.rows:
        return None
    discussed = proposal.state in (ProposalState.DRAFT, ProposalState.OPEN)
    return Panel(
        "inference/_samples.html",
        {"comparison": compared, "proposal": proposal, "discussed": discussed},
    )
