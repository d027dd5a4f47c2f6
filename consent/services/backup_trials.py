"""Trying a backup: a real restore into a scratch folder on the same disk, by a process of its own, and then it goes.

It shows that the whole stream opens, that the database opens with the node's key and is what the list of contents says,
that this version of the software knows or makes its tables, that erasures can be made again, and that the record holds.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction

from community_ai.core.home import Home
from consent.backups.refusals import BackupRefused, Busy
from consent.models import Backup, Check
from consent.services import backup_folder, backup_reading, backups, restoring
from consent.services.restored_nodes import Settled
from governance.services import audit

TRIED, TRIAL_FAILED = "backup.tried", "backup.trial_failed"


def try_out(*, path: Path, now: datetime) -> Settled:
    """Raises BackupRefused, whose sentence says what does not hold; the row of the backup says it, too."""
    place = path.absolute().parent
    backup_id = ""
    try:
        backup_id = backup_reading.head_of(path).backup
        with backup_folder.locked(place), backup_folder.troubles_told():
            settled = _restore_for_a_trial(path, place)
    except Busy:
        raise
    except BackupRefused as refusal:
        _remember(backup_id or path.name, Check.FAILED, refusal.code, now=now)
        raise
    _remember(backup_id, Check.HOLDS, "", now=now)
    return settled


def _restore_for_a_trial(path: Path, place: Path) -> Settled:
    opened = backup_reading.open_with_node(path, node=backups.node_key())
    backup_folder.require_room(place, sum(opened.head.sizes.values()))
    with backup_folder.scratch(place) as scratch:
        manifest = backup_reading.take_out(opened, into=scratch)
        with restoring.for_a_trial(Home(scratch)) as database:
            return restoring.settle(opened, manifest, home=scratch, database=database, trial=True)


def _remember(named: str, state: Check, problem: str, *, now: datetime) -> None:
    """`named` is the backup's id, or the name of a file whose head cannot be read."""
    rows = Backup.objects.all()
    try:
        row = rows.filter(pk=UUID(named)).first()
    except ValueError:
        row = rows.filter(file_name=named).first()
    if row is None:
        return
    with transaction.atomic():
        rows.filter(pk=row.pk).update(check_state=state, checked_at=now, check_problem=problem)
        audit.record(
            kind=TRIED if state == Check.HOLDS else TRIAL_FAILED,
            actor=None,
            subject=f"backup:{row.pk}",
            facts={"why": problem} if problem else {},
            now=now,
        )
