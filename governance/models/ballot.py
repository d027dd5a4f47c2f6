from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.counting import Choice


class Ballot(models.Model):
    """One ballot of a named vote. A changed mind is another row, and a voter's last row counts.

    Who cast it stands in the eligibility alone, so that erasing a person changes no ballot. Triggers refuse rows for
    a proposal that is not open, and every change.
    """

    eligibility = models.ForeignKey("governance.Eligibility", models.PROTECT, related_name="ballots")
    proposal = models.ForeignKey("governance.Proposal", models.CASCADE, related_name="ballots")
    choice = models.CharField(_("choice"), max_length=8, choices=[(str(c), str(c)) for c in Choice])
    cast_at = models.DateTimeField(_("cast"))

    class Meta:
        verbose_name = _("ballot")
        verbose_name_plural = _("ballots")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.pk}"
