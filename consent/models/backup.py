from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from community_ai.core.states import StateTable


class BackupState(models.TextChoices):
    WAITING = "waiting", _("Waits to begin")
    RUNNING = "running", _("Is being made")
    DONE = "done", _("Made")
    FAILED = "failed", _("Not made")
    REMOVED = "removed", _("Removed, as newer ones are there")


# Only services.backups moves a backup. One that is WAITING or RUNNING while nobody holds the lock of the folder was
# interrupted: services.backups.tidy_up moves it to FAILED.
BACKUP_STATES = StateTable(
    BackupState,
    initial=BackupState.WAITING,
    moves={
        BackupState.WAITING: {BackupState.RUNNING, BackupState.FAILED},
        BackupState.RUNNING: {BackupState.DONE, BackupState.FAILED},
        BackupState.DONE: {BackupState.REMOVED},
    },
)


class Reason(models.TextChoices):
    TIMER = "timer", _("At night, by itself")
    ASKED = "asked", _("Asked for on the page")
    COMMAND = "command", _("By the operator's command")


class Check(models.TextChoices):
    """What a real restore into a scratch folder showed."""

    NONE = "none", _("Not tried yet")
    HOLDS = "holds", _("Put back for a trial: all of it is there")
    FAILED = "failed", _("The trial failed")


class BackupQuerySet(models.QuerySet["Backup"]):
    def kept(self) -> BackupQuerySet:
        """Files in the backup folder, the newest first; those that an operator wrote elsewhere are theirs."""
        return self.filter(state=BackupState.DONE, elsewhere=False).order_by("-began_at")

    def under_way(self) -> BackupQuerySet:
        return self.filter(state__in=[BackupState.WAITING, BackupState.RUNNING])

    def made(self) -> BackupQuerySet:
        return self.filter(state__in=[BackupState.DONE, BackupState.REMOVED])


class Backup(models.Model):
    """One backup: asked for, made or not, tried or not. The file beside it is encrypted (`consent.backups`).

    `problem` and `check_problem` are codes of `consent.backups.refusals`. Without `kit_id` the node's key is not in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reason = models.CharField(max_length=8, choices=Reason.choices)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=BackupState.choices, default=BackupState.WAITING)
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    file_name = models.CharField(max_length=160, blank=True)
    elsewhere = models.BooleanField(default=False)
    kit_id = models.CharField(max_length=8, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    done_bytes = models.PositiveBigIntegerField(default=0)
    total_bytes = models.PositiveBigIntegerField(default=0)
    problem = models.CharField(max_length=24, blank=True)
    check_state = models.CharField(max_length=8, choices=Check.choices, default=Check.NONE)
    checked_at = models.DateTimeField(null=True, blank=True)
    check_problem = models.CharField(max_length=24, blank=True)

    objects = BackupQuerySet.as_manager()

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return self.file_name or str(self.pk)

    @property
    def percent(self) -> int:
        """How far it is, 0 to 99 while it runs."""
        return min(99, 100 * self.done_bytes // self.total_bytes) if self.total_bytes else 0
