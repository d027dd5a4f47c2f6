"""Making backups: asking for one, carrying it out, and what becomes of those that were interrupted.

The row says what was asked for and how it went; the file is there when it is complete. A process of its own carries it
out, so that neither a page nor another job waits.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from community_ai.core.clock import now as current_time
from community_ai.core.key_changes import KeysBusy, keys_still
from community_ai.core.keystore import KeyStoreError, NodeKey
from consent.backup_models import known_models
from consent.backups import keys
from consent.backups.contents import Packing
from consent.backups.head import Head
from consent.backups.refusals import (
    BackupRefused,
    Busy,
    Interrupted,
    KeysChanging,
    NoKey,
    NoKit,
)
from consent.backups.stream import Sealing
from consent.models import BACKUP_STATES, Backup, BackupState, Reason, RecoveryKit
from consent.services import backup_contents, backup_folder, recovery_kits, restores, snapshots
from consent.services.backup_reading import LOCK_PURPOSE
from consent.services.recovery_kits import MayNotBackUp
from governance.audit.leaf import timestamp
from governance.models import Community, Member
from governance.permissions import Permission
from governance.services import audit

MADE, NOT_MADE = "backup.made", "backup.failed"
LONGEST_WAIT = timedelta(hours=1)
Progress = Callable[[int, int], None]
"""(bytes read so far, bytes in all) while a backup is made."""


@dataclass(frozen=True)
class Wish:
    """How a backup is to be made: `place` is another folder than the node's own."""

    place: Path | None = None
    with_models: bool = False
    without_recovery: bool = False


def ask(*, reason: Reason, by: Member | None, now: datetime) -> Backup:
    """A row for a backup that somebody is to carry out. Raises MayNotBackUp, NoKit, Busy."""
    if by is not None and not by.may(Permission.BACK_UP):
        raise MayNotBackUp
    tidy_up(now=now)
    with transaction.atomic():
        if reason != Reason.COMMAND:
            if recovery_kits.in_force() is None:
                raise NoKit
            if Backup.objects.under_way().exists():
                raise Busy
        return Backup.objects.create(reason=reason, asked_by=by, asked_at=now)


def carry_out(
    *, backup_id: UUID, wish: Wish = Wish(), now: datetime, progress: Progress = lambda done, total: None
) -> Path | None:
    """Make the backup of a row that waits; None when somebody else did, or does. Raises BackupRefused.

    Whatever goes wrong, there is no file of it, and the row says why.
    """
    row = Backup.objects.get(pk=backup_id)
    place = wish.place or backup_folder.folder()
    if row.state != BackupState.WAITING:
        return None
    try:
        with backup_folder.locked(place), backup_folder.troubles_told():
            backup_folder.clear_remains(place)
            if not BACKUP_STATES.move(row, BackupState.RUNNING, began_at=now, elsewhere=wish.place is not None):
                return None
            path = _make(row, place, wish, progress)
            _made(row, path)
    except BackupRefused as refusal:
        _not_made(row, refusal.code)
        raise
    return path


def tidy_up(*, now: datetime) -> int:
    """End the rows whose process is gone, and remove what it left; how many there were."""
    try:
        with backup_folder.locked(backup_folder.folder()):
            backup_folder.clear_remains(backup_folder.folder())
            gone = [
                row
                for row in Backup.objects.under_way()
                if row.state == BackupState.RUNNING or row.asked_at < now - LONGEST_WAIT
            ]
            for row in gone:
                _not_made(row, Interrupted.code)
            return len(gone)
    except Busy:
        return 0


def backup_key() -> bytes:
    """The node's own key for its backups, the same for as long as the node lives. Raises NoKey."""
    return node_key().derive(LOCK_PURPOSE)


def node_key() -> NodeKey:
    """Raises NoKey."""
    if isinstance(settings.NODE_KEY, KeyStoreError):
        raise NoKey
    return settings.NODE_KEY


def software_version() -> str:
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _make(row: Backup, place: Path, wish: Wish, progress: Progress) -> Path:
    kit = recovery_kits.in_force()
    if kit is None and not wish.without_recovery:
        raise NoKit
    moment = row.began_at or current_time()
    sizes = {"database": snapshots.database_size(), **backup_contents.size_of_files(with_models=wish.with_models)}
    copied = sizes["database"] if connection.vendor == "sqlite" else 0
    backup_folder.require_room(place, sum(sizes.values()) + copied)
    told = _Told(row, sum(sizes.values()), progress)
    path = place / backup_folder.file_name(row.pk, made_at=moment)
    try:
        with keys_still(settings.HOME), backup_folder.scratch(place) as scratch, snapshots.snapshot(scratch) as taken:
            stream_key = keys.new_stream_key()
            row.kit_id = kit.key_id if kit else ""
            start = head_of(
                str(row.pk), kit=kit, stream_key=stream_key, sizes=sizes, database=connection.vendor, moment=moment
            ).to_bytes()
            with backup_folder.written_whole(path) as file:
                file.write(start)
                packing = Packing(Sealing(file, key=stream_key, head=start))
                packing.add(taken.name, mode=0o600, blocks=told.reading(taken.blocks()))
                known = restores.entries_known(taken.record)
                for name, mode, blocks in backup_contents.files(with_models=wish.with_models, record=known):
                    packing.add(name, mode=mode, blocks=told.reading(blocks()))
                models = [model.to_json() for model in known_models()]
                packing.finish(tables=taken.tables, record=taken.record, models=models)
    except KeysBusy:
        raise KeysChanging from None
    except KeyStoreError:
        raise NoKey from None
    return path


def head_of(
    backup: str,
    *,
    kit: RecoveryKit | None,
    stream_key: bytes,
    sizes: dict[str, int],
    database: str,
    moment: datetime,
) -> Head:
    """The head of a file that this node makes; `backup` is its id. Raises NoKey."""
    own = backup_key()
    public = bytes.fromhex(kit.public) if kit else b""
    return Head(
        backup=backup,
        community=Community.objects.values_list("name", flat=True).first() or "",
        made_at=timestamp(moment),
        software=software_version(),
        database=database,
        migrations=_newest_migrations(),
        sizes=sizes,
        key_id=keys.node_key_id(own),
        key_state=keys.key_file_digest(node_key().exported(), node_key=own),
        kit_id=kit.key_id if kit else "",
        locked_for_node=keys.lock_for_node(stream_key, node_key=own, backup=backup),
        sealed_to_recovery=keys.seal_to_recovery(stream_key, public=public) if kit else b"",
        sealed_node_key=keys.seal_to_recovery(node_key().exported(), public=public) if kit else b"",
    )


def _newest_migrations() -> dict[str, str]:
    newest: dict[str, str] = {}
    for app, name in MigrationLoader(connection, ignore_no_migrations=True).applied_migrations:
        newest[app] = max(name, newest.get(app, ""))
    return newest


class _Told:
    """Counts what was read; tells it, and writes it into the row once a second."""

    def __init__(self, row: Backup, total: int, progress: Progress) -> None:
        self.row, self.total, self.progress = row, total, progress
        self.done = 0
        self._next = 0.0

    def reading(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            yield block
            self.done += len(block)
            if time.monotonic() >= self._next:
                self._next = time.monotonic() + 1.0
                Backup.objects.filter(pk=self.row.pk).update(done_bytes=self.done, total_bytes=self.total)
                self.progress(self.done, self.total)


def _made(row: Backup, path: Path) -> None:
    size = path.stat().st_size
    with transaction.atomic():
        BACKUP_STATES.move(
            row, BackupState.DONE, ended_at=current_time(), file_name=path.name, bytes=size, kit_id=row.kit_id
        )
        audit.record(
            kind=MADE,
            actor=row.asked_by,
            subject=f"backup:{row.pk}",
            facts={"bytes": size, "kit": row.kit_id, "elsewhere": row.elsewhere},
            now=current_time(),
        )


def _not_made(row: Backup, code: str) -> None:
    with transaction.atomic():
        if BACKUP_STATES.move(row, BackupState.FAILED, ended_at=current_time(), problem=code):
            audit.record(kind=NOT_MADE, actor=None, subject=f"backup:{row.pk}", facts={"why": code}, now=current_time())
