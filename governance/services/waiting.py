"""Votes that wait for a member: on the home page, beside "Decisions" in the header, in reminders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from governance.home_entries import WaitingItem
from governance.models import Member, Proposal, ProposalVersion

SOON = timedelta(hours=24)


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


def count_votes_waiting_for(member: Member, *, now: datetime) -> int:
    """How many they are; one query."""
    return Proposal.objects.awaiting(member, now=now).count()


def votes_as_items(member: Member, now: datetime) -> list[WaitingItem]:
    """The same for the home page; urgent within a day of the close."""
    return [
        WaitingItem(
            title=vote.title,
            detail=_("Waits for your vote"),
            url=reverse("governance:proposal", args=[vote.proposal_id]),
            urgent=vote.closes_at <= now + SOON,
            until=vote.closes_at,
        )
        for vote in votes_waiting_for(member, now=now)
    ]


def titles_of(proposals: list[Proposal]) -> dict[int, str]:
    """The title of each proposal's present version, by proposal."""
    present = {row.pk: row.version for row in proposals}
    versions = ProposalVersion.objects.filter(proposal__in=present).values_list("proposal_id", "number", "title")
    return {
        pk: title or _("A proposal whose words are gone") for pk, number, title in versions if present[pk] == number
    }
