"""Taking the whole node along as one encrypted file that fits every kind of database (`export_node`).

It is a backup in every respect but one: the database is not copied as it lies on the disk, its rows are written out
(`consent.rows`), so that another kind of database can take them in. The first file in it, `rows/index.json`, says in
which state the tables were and which numbers were given out.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext_lazy as _

from community_ai.core.key_changes import KeysBusy, keys_still
from community_ai.core.keystore import KeyStoreError
from consent.backup_models import known_models
from consent.backups import keys
from consent.backups.contents import Packing
from consent.backups.names import ROWS, ROWS_INDEX, rows_file
from consent.backups.refusals import BackupRefused, KeysChanging, NoKey, NoKit
from consent.backups.stream import Sealing
from consent.rows import Table, tables_of
from consent.services import backup_contents, backup_folder, backups, recovery_kits, restores, row_loading, snapshots
from consent.services.row_reading import RowReading, highest_number, one_moment
from governance.models import AuditFrontier
from governance.services import audit

EXPORTED = "node.exported"
FORMAT = 1


class ThereAlready(BackupRefused):
    code = "there-already"

    def __init__(self) -> None:
        super().__init__(_("There is a file of this name already. Nothing was changed; please choose another name."))


class NotUpToDate(BackupRefused):
    code = "not-up-to-date"

    def __init__(self) -> None:
        super().__init__(
            _("The node's database is older than its software. Start the node once (manage.py setup), then try again.")
        )


@dataclass(frozen=True)
class Exported:
    path: Path
    tables: int
    rows: int
    record: int


def export(*, path: Path, with_models: bool = False, now: datetime) -> Exported:
    """Write the file, while the node serves. Raises BackupRefused; then there is no file."""
    kit = recovery_kits.in_force()
    if kit is None:
        raise NoKit
    if path.exists():
        raise ThereAlready
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotUpToDate
    backup, stream_key = str(uuid.uuid4()), keys.new_stream_key()
    sizes = {ROWS: snapshots.database_size(), **backup_contents.size_of_files(with_models=with_models)}
    try:
        with keys_still(settings.HOME), backup_folder.troubles_told():
            backup_folder.require_room(path.absolute().parent, sum(sizes.values()))
            start = backups.head_of(
                backup, kit=kit, stream_key=stream_key, sizes=sizes, database=ROWS, moment=now
            ).to_bytes()
            with backup_folder.written_whole(path) as file:
                file.write(start)
                done = _pack(Packing(Sealing(file, key=stream_key, head=start)), path, with_models)
    except KeysBusy:
        raise KeysChanging from None
    except KeyStoreError:
        raise NoKey from None
    with transaction.atomic():
        audit.record(
            kind=EXPORTED,
            actor=None,
            subject=f"export:{backup}",
            facts={"entries": done.record, "kit": kit.key_id},
            now=now,
        )
    return done


def _pack(packing: Packing, path: Path, with_models: bool) -> Exported:
    tables = tables_of(apps)
    reading = RowReading(apps)
    with one_moment():
        packing.add(ROWS_INDEX, mode=0o600, blocks=_index(tables))
        counts = {name: reading.count(table) for name, table in tables.items()}
        for name, table in tables.items():
            packing.add(rows_file(name), mode=0o600, blocks=reading.blocks(table))
        record = AuditFrontier.objects.values_list("size", flat=True).first() or 0
        known = restores.entries_known(record)
    for name, mode, blocks in backup_contents.files(with_models=with_models, record=known):
        packing.add(name, mode=mode, blocks=blocks())
    packing.finish(tables=counts, record=record, models=[model.to_json() for model in known_models()])
    return Exported(path, len(tables), sum(counts.values()), record)


def _index(tables: dict[str, Table]) -> Iterator[bytes]:
    index = {
        "format": FORMAT,
        "migrations": row_loading.applied(),
        "tables": {
            name: {
                "columns": table.columns,
                "highest": highest_number(table) if table.counts_up else 0,
            }
            for name, table in tables.items()
        },
    }
    yield json.dumps(index, indent=1, sort_keys=True).encode()
