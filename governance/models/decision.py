from __future__ import annotations

from datetime import UTC
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    CARRIED_OUT = "carried_out", _("Carried out")
    REJECTED = "rejected", _("Not accepted")
    FAILED = "failed", _("Accepted, but could not be carried out")
    SUPERSEDED = "superseded", _("Overtaken by another change")


class DecisionQuerySet(models.QuerySet["Decision"]):
    def carried_out(self) -> DecisionQuerySet:
        return self.filter(outcome=Outcome.CARRIED_OUT)


class Decision(models.Model):
    """How the community decided, once for each proposal: written by closing alone (or by founding, without a proposal).

    Append-only by triggers. `seal` signs `content()`; a row without a valid seal is nobody's decision and nothing acts
    on it (`services.decisions.is_genuine`). `explanation` is the reason of a failure, in the community's language.
    """

    proposal = models.OneToOneField(
        "governance.Proposal", models.PROTECT, null=True, blank=True, related_name="decision"
    )
    kind = models.CharField(_("kind"), max_length=60)
    version = models.PositiveIntegerField(_("version of the proposal"), default=0)
    payload_hash = models.CharField(max_length=64)
    rule = models.ForeignKey("governance.VotingRule", models.PROTECT, null=True, blank=True, related_name="decisions")
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    explanation = models.TextField(_("explanation"), blank=True)
    eligible = models.PositiveIntegerField(_("could vote"), default=0)
    yes = models.PositiveIntegerField(default=0)
    no = models.PositiveIntegerField(default=0)
    abstain = models.PositiveIntegerField(default=0)
    block = models.PositiveIntegerField(default=0)
    decided_at = models.DateTimeField(_("decided"))
    seal = models.CharField(max_length=128, editable=False)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(proposal__isnull=False, rule__isnull=False)
                | models.Q(proposal=None, rule=None, outcome=Outcome.CARRIED_OUT),
                name="decisions_come_from_a_vote_or_the_founding",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def content(self) -> dict[str, Any]:
        """What the seal signs, as plain JSON."""
        return {
            "proposal": self.proposal_id,
            "kind": self.kind,
            "version": self.version,
            "payload_hash": self.payload_hash,
            "rule": self.rule_id,
            "outcome": str(self.outcome),
            "explanation": self.explanation,
            "eligible": self.eligible,
            "yes": self.yes,
            "no": self.no,
            "abstain": self.abstain,
            "block": self.block,
            "decided_at": self.decided_at.astimezone(UTC).isoformat(timespec="microseconds"),
        }
