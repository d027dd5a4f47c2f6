"""When the node makes and tries backups by itself: each night one, and once a week one is put back for a trial."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.timezone import get_default_timezone

from consent.backups.refusals import Busy, NoKit
from consent.models import Backup, BackupState, Check, Reason
from consent.services import backups

# After a failure the night's backup is tried again, not every time that somebody looks.
AGAIN_AFTER = timedelta(hours=3)
TRIAL_EVERY = timedelta(days=7)


def night_of(now: datetime) -> datetime:
    """When the last nightly backup became due: the last time that the hour struck in the community's zone."""
    local = now.astimezone(get_default_timezone())
    due = local.replace(hour=settings.BACKUP_HOUR, minute=0, second=0, microsecond=0)
    return due if due <= local else due - timedelta(days=1)


def wanted(*, now: datetime) -> Backup | None:
    """A row for tonight's backup if it is due and nobody makes it; None otherwise."""
    backups.tidy_up(now=now)
    made = Backup.objects.made().filter(began_at__gte=night_of(now), elsewhere=False)
    failed = Backup.objects.filter(reason=Reason.TIMER, state=BackupState.FAILED, ended_at__gt=now - AGAIN_AFTER)
    if made.exists() or failed.exists():
        return None
    try:
        return backups.ask(reason=Reason.TIMER, by=None, now=now)
    except (Busy, NoKit):
        return None


def trial_wanted(*, now: datetime) -> Backup | None:
    """The newest backup, if none was tried for a week and it was not tried itself."""
    newest = Backup.objects.kept().first()
    tried = Backup.objects.filter(checked_at__gt=now - TRIAL_EVERY).exclude(check_state=Check.NONE)
    if newest is None or newest.check_state != Check.NONE or tried.exists() or Backup.objects.under_way().exists():
        return None
    return newest
