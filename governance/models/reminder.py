from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Reminder(models.Model):
    """That a member was reminded of one vote by e-mail: the claim that keeps a second job from writing again."""

    proposal = models.ForeignKey("governance.Proposal", models.CASCADE, related_name="reminders")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    claimed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [models.UniqueConstraint(fields=["proposal", "member"], name="one_reminder_for_each_vote")]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.member_id}"
