from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from community_ai.core.states import StateTable
from governance.models.eligibility import Eligibility

if TYPE_CHECKING:
    from governance.models.member import Member


class ProposalState(models.TextChoices):
    DRAFT = "draft", _("Being prepared")
    OPEN = "open", _("Open for votes")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    REJECTED = "rejected", _("Not accepted")
    CARRIED_OUT = "carried_out", _("Carried out")
    FAILED = "failed", _("Accepted, but could not be carried out")
    SUPERSEDED = "superseded", _("Overtaken by another change")


# Only services.proposals (open, withdraw) and services.closing (the rest) move a proposal. What passes is carried out
# or fails in the transaction that counts it, so there is no state "passed" that anybody could see.
PROPOSAL_STATES = StateTable(
    ProposalState,
    initial=ProposalState.DRAFT,
    moves={
        ProposalState.DRAFT: {ProposalState.OPEN, ProposalState.WITHDRAWN},
        ProposalState.OPEN: {
            ProposalState.WITHDRAWN,
            ProposalState.REJECTED,
            ProposalState.CARRIED_OUT,
            ProposalState.FAILED,
            ProposalState.SUPERSEDED,
        },
    },
)


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def due(self, *, now: datetime) -> ProposalQuerySet:
        """Open in the table although their time is over: waiting to be counted."""
        return self.filter(state=ProposalState.OPEN, closes_at__lte=now)

    def accepting_votes(self, *, now: datetime) -> ProposalQuerySet:
        return self.filter(state=ProposalState.OPEN, closes_at__gt=now)

    def drafts(self) -> ProposalQuerySet:
        return self.filter(state=ProposalState.DRAFT)

    def past(self, *, now: datetime) -> ProposalQuerySet:
        return self.exclude(state=ProposalState.DRAFT).exclude(state=ProposalState.OPEN, closes_at__gt=now)

    def awaiting(self, member: Member, *, now: datetime) -> ProposalQuerySet:
        """Votes that are open to this member and in which they have not taken part."""
        return self.accepting_votes(now=now).filter(
            eligibilities__in=Eligibility.objects.filter(member=member, ballots=None, participation=None)
        )


class Proposal(models.Model):
    """Something that a member asks the community to decide.

    What it says stands in its versions; `version` is the number of the one that counts. Opening pins the voting rule
    and the deadline. Whether it is closed follows from `closes_at`, not from `state` alone: the job that counts may
    come a minute later.
    """

    kind = models.CharField(_("kind"), max_length=60)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="proposals", verbose_name=_("proposed by")
    )
    state = models.CharField(_("state"), max_length=16, choices=ProposalState.choices, default=ProposalState.DRAFT)
    version = models.PositiveIntegerField(_("version"), default=1)
    drafted_at = models.DateTimeField(_("begun"))
    rule = models.ForeignKey("governance.VotingRule", models.PROTECT, null=True, blank=True, related_name="proposals")
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # Names the key of the sealed ballot box of a secret vote; never used again after a restored backup.
    box = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "closes_at"], name="proposal_due")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state=ProposalState.OPEN)
                | models.Q(rule__isnull=False, opened_at__isnull=False, closes_at__gt=models.F("opened_at")),
                name="open_proposals_have_rule_and_deadline",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def accepts_votes(self, *, now: datetime) -> bool:
        return (
            self.state == ProposalState.OPEN
            and self.opened_at is not None
            and self.closes_at is not None
            and self.opened_at <= now < self.closes_at
        )

    def is_due(self, *, now: datetime) -> bool:
        """Over by the clock, and not counted yet."""
        return self.state == ProposalState.OPEN and self.closes_at is not None and self.closes_at <= now
