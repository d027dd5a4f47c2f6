"""What waits for a member, for the home page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.models import Member, Proposal, ProposalVersion


@dataclass(frozen=True)
class WaitingVote:
    """An open vote in which the member may still take part and has not."""

    proposal_id: int
    title: str
    closes_at: datetime


def votes_waiting_for(member: Member, *, now: datetime) -> list[WaitingVote]:
    """The soonest to close first; two queries."""
    proposals = list(Proposal.objects.awaiting(member, now=now).order_by("closes_at", "pk"))
    titles = titles_of(proposals)
    return [WaitingVote(row.pk, titles[row.pk], row.closes_at) for row in proposals if row.closes_at is not None]


def titles_of(proposals: list[Proposal]) -> dict[int, str]:
    """The title of each proposal's present version, by proposal."""
    present = {row.pk: row.version for row in proposals}
    versions = ProposalVersion.objects.filter(proposal__in=present).values_list("proposal_id", "number", "title")
    return {pk: title for pk, number, title in versions if present[pk] == number}
