from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.counting import Method
from governance.rule_terms import RuleTerms


class VotingRule(models.Model):
    """One version of how one kind of proposal is decided. Append-only: triggers refuse changes and deletions.

    The first version of a kind comes with the software and has no decision; every later one is the effect of a
    decision. A row without the node's seal is never used (`services.rules`).
    """

    kind = models.CharField(_("kind"), max_length=60)
    number = models.PositiveIntegerField(_("version"))
    method = models.CharField(_("method"), max_length=16, choices=[(str(m), str(m)) for m in Method])
    quorum_num = models.PositiveSmallIntegerField()
    quorum_den = models.PositiveSmallIntegerField()
    threshold_num = models.PositiveSmallIntegerField()
    threshold_den = models.PositiveSmallIntegerField()
    hours = models.PositiveIntegerField(_("length in hours"))
    secret = models.BooleanField(_("secret"))
    propose_roles = models.JSONField(_("who may propose"))
    vote_roles = models.JSONField(_("who may vote"))
    leavers_stay = models.BooleanField(_("who leaves still counts"))
    made_at = models.DateTimeField(_("in force since"))
    decision = models.ForeignKey(
        "governance.Decision", models.PROTECT, null=True, blank=True, related_name="voting_rules"
    )
    seal = models.CharField(max_length=128, editable=False)

    class Meta:
        verbose_name = _("voting rule")
        verbose_name_plural = _("voting rules")
        ordering = ["kind", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="one_rule_of_a_number"),
            models.CheckConstraint(
                condition=models.Q(number=1, decision=None) | models.Q(number__gt=1, decision__isnull=False),
                name="later_rules_have_decisions",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def terms(self) -> RuleTerms:
        """What the rule says. Raises InvalidRule for a row that was tampered with."""
        return RuleTerms.from_json(self.terms_json())

    def terms_json(self) -> dict[str, Any]:
        names = RuleTerms.__dataclass_fields__
        return {name: getattr(self, name) for name in names}
