from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from community_ai.core.states import StateTable


class RestoreState(models.TextChoices):
    WHOLE = "whole", _("Nothing that was signed is missing")
    WAITING = "waiting", _("Older than what was signed: waits for the community's decision")
    ACCEPTED = "accepted", _("The community lets the record go on from here")
    REFUSED = "refused", _("The community wants a newer backup")


# services.restores moves it. While a row is WAITING or REFUSED the node can be read and not written; a later restore,
# which has its own row, ends that.
RESTORE_STATES = StateTable(
    RestoreState,
    initial=RestoreState.WAITING,
    moves={
        RestoreState.WAITING: {RestoreState.WHOLE, RestoreState.ACCEPTED, RestoreState.REFUSED},
        RestoreState.REFUSED: {RestoreState.WHOLE},
    },
)
CLOSED = (RestoreState.WAITING, RestoreState.REFUSED)


class Restore(models.Model):
    """The node was put back from a backup. `entries` of the record are there; checkpoints outside knew `known_entries`
    with the root `known_root` (hexadecimal), signed at `known_at`: the same or fewer when nothing is missing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    backup = models.UUIDField(null=True, blank=True)
    backup_made_at = models.DateTimeField(null=True, blank=True)
    restored_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=RestoreState.choices, default=RestoreState.WAITING)
    entries = models.PositiveBigIntegerField()
    known_entries = models.PositiveBigIntegerField(default=0)
    known_root = models.CharField(max_length=64, blank=True)
    known_at = models.DateTimeField(null=True, blank=True)
    proposal = models.ForeignKey("governance.Proposal", models.SET_NULL, null=True, blank=True, related_name="+")
    decision = models.ForeignKey("governance.Decision", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("restored backup")
        verbose_name_plural = _("restored backups")
        ordering = ["-restored_at"]

    def __str__(self) -> str:
        return f"{self.restored_at:%Y-%m-%d %H:%M}"

    @property
    def missing(self) -> int:
        """Signed entries that the restored record does not have."""
        return max(0, self.known_entries - self.entries)
