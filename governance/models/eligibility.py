from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Eligibility(models.Model):
    """One member who may vote on one proposal, frozen when it opened. The row stays when the person is erased."""

    proposal = models.ForeignKey("governance.Proposal", models.CASCADE, related_name="eligibilities")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="eligibilities")

    class Meta:
        verbose_name = _("right to vote")
        verbose_name_plural = _("rights to vote")
        constraints = [models.UniqueConstraint(fields=["proposal", "member"], name="one_right_to_vote")]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.member_id}"
