from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SuspensionEnd(models.TextChoices):
    OVER = "over", _("its time was over")
    LAPSED = "lapsed", _("the community did not confirm it in time")
    REJECTED = "rejected", _("the community did not confirm it")
    DECIDED = "decided", _("the community ended it")


class SuspensionQuerySet(models.QuerySet["Suspension"]):
    def running(self) -> SuspensionQuerySet:
        return self.filter(ended_at=None)

    def due(self, *, now: datetime) -> SuspensionQuerySet:
        return self.running().filter(until__lte=now)


class Suspension(models.Model):
    """A member cannot sign in from one moment to another; the row stays when it ends.

    Either a decision made it, or a member whose role may suspend did so in an emergency: then `suspended_by` is set
    and it ends after 72 hours unless a decision confirms it.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="suspensions")
    began_at = models.DateTimeField(_("began"))
    until = models.DateTimeField(_("until"))
    suspended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    emergency = models.BooleanField(_("in an emergency"))
    decision = models.ForeignKey(
        "governance.Decision", models.PROTECT, null=True, blank=True, related_name="suspensions"
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end = models.CharField(_("why it ended"), max_length=8, choices=SuspensionEnd.choices, blank=True)

    objects = SuspensionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suspension")
        verbose_name_plural = _("suspensions")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["member"], condition=models.Q(ended_at=None), name="one_running_suspension")
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.began_at:%Y-%m-%d}"
