"""Removing old backups: files of the node's own folder, by the rule of `consent.backups.rotation`."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.timezone import get_default_timezone

from consent.backups.rotation import Keeping, Kept, superfluous
from consent.models import BACKUP_STATES, Backup, BackupState, Check
from consent.services import backup_folder
from governance.services import audit

REMOVED = "backup.removed"


def keeping() -> Keeping:
    return Keeping(settings.BACKUP_DAYS, settings.BACKUP_WEEKS, settings.BACKUP_MONTHS)


def rotate(*, now: datetime) -> int:
    """Remove what is not kept any more; returns how many. The file goes first: a row without one is found again.

    A backup whose trial failed is not worth a place: it counts for no day, week or month while a better one is there.
    """
    rows = {str(row.pk): row for row in Backup.objects.kept()}
    sound = [row for row in rows.values() if row.check_state != Check.FAILED] or list(rows.values())
    backups = [
        Kept(str(row.pk), row.began_at or row.asked_at, verified=row.check_state == Check.HOLDS) for row in sound
    ]
    gone = superfluous(backups, keeping=keeping(), zone=get_default_timezone())
    newest = max((one.made_at for one in backups), default=now)
    gone += [key for key, row in rows.items() if row not in sound and (row.began_at or row.asked_at) < newest]
    for key in gone:
        _remove(rows[key], now=now)
    return len(gone)


def _remove(row: Backup, *, now: datetime) -> None:
    with backup_folder.troubles_told():
        (backup_folder.folder() / row.file_name).unlink(missing_ok=True)
    with transaction.atomic():
        if BACKUP_STATES.move(row, BackupState.REMOVED):
            audit.record(kind=REMOVED, actor=None, subject=f"backup:{row.pk}", facts={}, now=now)
