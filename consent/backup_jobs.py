"""What the job cluster does for backups: it starts processes of their own and looks after what they leave.

A backup or a trial may take longer than a job may, and votes must be counted meanwhile. The processes give way to
everything else, and go on if the cluster is started again.
"""

from __future__ import annotations

import subprocess
import sys
from uuid import UUID

from django.conf import settings

from community_ai.core.clock import now
from community_ai.core.jobs import enqueue_on_commit
from community_ai.core.processes import set_session_niceness
from consent.models import Backup, BackupState, Reason
from consent.services import backup_folder, backup_rotation, backup_timer, restores
from consent.services.backup_folder import is_locked

# The cluster is nice already, and what it starts is as nice; this is for the session of its own (core.processes). What
# somebody waits for on the page gives way less: more, and a model that answers all day would keep it from its end.
NICENESS, ASKED_NICENESS = 10, 5


def carry_out_backup(backup_id: UUID) -> None:
    """Start the process that makes a backup that waits. A second one finds the row taken, or the folder locked."""
    row = Backup.objects.filter(pk=backup_id, state=BackupState.WAITING).first()
    if row is not None:
        niceness = ASKED_NICENESS if row.reason == Reason.ASKED else NICENESS
        _start("backup", "--carry-out", str(backup_id), niceness=niceness)


def wake(backup: Backup) -> None:
    """Have the backup made after the present transaction."""
    enqueue_on_commit(carry_out_backup, backup.pk)


def look_after_backups() -> None:
    """Every quarter of an hour: make tonight's, try one each week, remove old ones, end what was interrupted."""
    moment = now()
    if restores.closed() is not None or is_locked(backup_folder.folder()):
        return
    if (row := backup_timer.wanted(now=moment)) is not None:
        carry_out_backup(row.pk)
        return
    backup_rotation.rotate(now=moment)
    if (row := backup_timer.trial_wanted(now=moment)) is not None:
        _start("verify_backup", str(backup_folder.folder() / row.file_name))


def _start(*arguments: str, niceness: int = NICENESS) -> None:
    subprocess.Popen(  # noqa: S603
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: set_session_niceness(niceness),
    )
