"""Making a restored folder ready, before anybody opens it: runs in a process of its own whose data folder it is.

Its database must be what the backup's list of contents says; older tables are brought up to date; erasures that the
ledger knows are made again; the record is read from end to end, and compared with the checkpoints that are known.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from community_ai.core.housekeeping import wipe_deleted_text
from community_ai.core.keystore import KeyStoreError
from community_ai.core.preparing import make_tables
from consent.backups.refusals import DoesNotMatch, LedgerRefused, NewerBackup, RecordDoesNotHold
from consent.models import BACKUP_STATES, Backup, BackupState, DormancyNotice
from consent.services import erasure, ledger, restores
from consent.services.snapshots import figures
from governance.services import audit, rules
from governance.services.audit_verification import verify

RESTORED = "backup.restored"
KNOWN_LEDGER = "known"


@dataclass(frozen=True)
class Expected:
    """What the backup says of itself. A `trial` is thrown away afterwards: nothing is written into its record."""

    backup: str
    made_at: str
    file_name: str
    bytes: int
    kit_id: str
    tables: dict[str, int]
    record: int
    trial: bool


@dataclass(frozen=True)
class Settled:
    """`erased`: erasures that were made again. `missing`: signed entries of the record that the backup lacks."""

    record: int
    changes: int
    erased: int
    missing: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def settle(*, expected: Expected, now: datetime) -> Settled:
    """Raises DoesNotMatch, LedgerRefused, NewerBackup, RecordDoesNotHold."""
    _require_match(expected)
    return make_ready(expected=expected, changes=_bring_up_to_date(), kind=RESTORED, now=now)


def make_ready(*, expected: Expected, changes: int, kind: str, now: datetime) -> Settled:
    """What is the same for every way in which a node comes back, once its rows are there and its tables are new.

    `changes`: how many steps made the tables new. `kind`: the record's entry. Raises LedgerRefused, RecordDoesNotHold.
    """
    with transaction.atomic():
        _mend_rows(expected, now=now)
    # Before anything is written into the record: erasures that are made again make it longer.
    story = restores.compare_with_checkpoints()
    replayed = _erase_again(now=now)
    # Who is signed in was signed in then: a password may have been changed since, a telephone lost.
    Session.objects.all().delete()
    held = verify()
    if not held.holds and not story.missing:
        raise RecordDoesNotHold
    if not expected.trial:
        rules.ensure_default_rules(now=now)
        with transaction.atomic():
            restores.begin(
                backup=UUID(expected.backup), made_at=datetime.fromisoformat(expected.made_at), story=story, now=now
            )
            audit.record(
                kind=kind,
                actor=None,
                subject=f"backup:{expected.backup}",
                facts={"entries": story.entries, "known": story.known, "erased": replayed},
                now=now,
            )
        restores.ask_the_community(now=now)
    wipe_deleted_text()
    return Settled(record=story.entries, changes=changes, erased=replayed, missing=story.missing)


def _require_match(expected: Expected) -> None:
    try:
        tables, record = figures(connection)
        unknown = set(MigrationLoader(connection, ignore_no_migrations=True).applied_migrations)
    except (DatabaseError, KeyStoreError):
        raise DoesNotMatch from None
    if (tables, record) != (expected.tables, expected.record):
        raise DoesNotMatch
    if unknown - set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations):
        raise NewerBackup


def _bring_up_to_date() -> int:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    make_tables(settings.HOME)
    return len(pending)


def _erase_again(*, now: datetime) -> int:
    """Take over the lines of newer ledgers, and do what they say. Raises LedgerRefused."""
    try:
        for path in sorted(settings.HOME.ledger.glob(f"{KNOWN_LEDGER}-*")):
            ledger.merge(path)
            path.unlink()
        return erasure.replay(now=now)
    except ledger.LedgerDamaged:
        raise LedgerRefused from None


def _mend_rows(expected: Expected, *, now: datetime) -> None:
    """In its own copy a backup is still being made; and whatever else was, ended with that node.

    Who was asked whether they are still with us may have come back since: they are asked anew.
    """
    DormancyNotice.objects.filter(erased_at=None).delete()
    for row in Backup.objects.under_way():
        if str(row.pk) == expected.backup:
            BACKUP_STATES.move(row, BackupState.RUNNING, only_from=[BackupState.WAITING], began_at=row.asked_at)
            BACKUP_STATES.move(
                row, BackupState.DONE, ended_at=now, file_name=expected.file_name, bytes=expected.bytes,
                kit_id=expected.kit_id,
            )  # fmt: skip
        else:
            BACKUP_STATES.move(row, BackupState.FAILED, ended_at=now, problem="interrupted")
