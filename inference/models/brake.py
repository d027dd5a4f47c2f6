from __future__ import annotations

from datetime import UTC
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from inference.models.behaviour_version import BehaviourVersion


class BrakeMode(models.TextChoices):
    PAUSE = "pause", _("The AI stops answering")
    PREVIOUS = "previous", _("The AI answers as it did before its last change")


class Brake(models.Model):
    """A member pulled the emergency brake, and the vote that this opened. Append-only and sealed.

    It acts until `until`, unless the vote ends it earlier or confirms it; how it stands is worked out from the vote,
    the release and the clock (`inference.services.brake`), so that no column can be bent.
    """

    mode = models.CharField(_("what it does"), max_length=8, choices=BrakeMode.choices)
    version = models.ForeignKey(BehaviourVersion, models.PROTECT, related_name="brakes")
    pulled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    pulled_at = models.DateTimeField(_("pulled"))
    until = models.DateTimeField(_("lapses"))
    ratification = models.OneToOneField("governance.Proposal", models.PROTECT, related_name="brake")
    seal = models.CharField(max_length=128, editable=False)

    class Meta:
        verbose_name = _("emergency brake")
        verbose_name_plural = _("emergency brakes")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.mode} {self.pulled_at:%Y-%m-%d}"

    def content(self) -> dict[str, Any]:
        """What the seal signs, as plain JSON; who pulled it may be forgotten and is in the record."""
        return {
            "mode": str(self.mode),
            "version": self.version_id,
            "pulled_at": self.pulled_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "until": self.until.astimezone(UTC).isoformat(timespec="microseconds"),
            "ratification": self.ratification_id,
        }


class BrakeRelease(models.Model):
    """The end of a brake before its time: taken back by who pulled it, or by a decision. Append-only and sealed."""

    brake = models.OneToOneField(Brake, models.PROTECT, related_name="release")
    decision = models.OneToOneField("governance.Decision", models.PROTECT, null=True, related_name="brake_release")
    released_at = models.DateTimeField(_("released"))
    seal = models.CharField(max_length=128, editable=False)

    class Meta:
        verbose_name = _("release of the brake")
        verbose_name_plural = _("releases of the brake")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.brake_id}"

    def content(self) -> dict[str, Any]:
        """What the seal signs, as plain JSON."""
        return {
            "brake": self.brake_id,
            "decision": self.decision_id,
            "released_at": self.released_at.astimezone(UTC).isoformat(timespec="microseconds"),
        }
