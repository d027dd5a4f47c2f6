"""Taking an export into an empty database: runs in a process of its own whose data folder is the new one.

The tables are made in the state in which the rows were written, the rows are loaded and compared with the export's own
digests, and only then the tables are brought up to date. PostgreSQL: all of it is one transaction. SQLCipher: the
database is a new file in a folder that nobody uses yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _

from community_ai.core.home import FILE_MODE
from consent.backups.contents import Manifest
from consent.backups.names import ROWS_INDEX, SETTINGS_FILE, table_of
from consent.backups.refusals import BackupDamaged, BackupRefused, CannotWrite, DoesNotMatch, NewerBackup, NoRoom
from consent.models import Restore
from consent.services import backup_reading, exporting, restored_nodes, row_loading
from consent.services.backup_folder import troubles_told, written_whole
from consent.services.backup_reading import Opened, Unpacked
from consent.services.folder_exchange import MARK
from consent.services.restored_nodes import Expected, Settled
from consent.services.row_loading import RowLoading
from governance.models import AuditFrontier

IMPORTED = "node.imported"
IMPORTED_SETTINGS = "settings-of-the-export.json"
_LONGEST_INDEX = 16 * 1024 * 1024


class NotEmpty(BackupRefused):
    code = "not-empty"

    def __init__(self) -> None:
        super().__init__(
            _("There is something in this place already. Nothing was changed; please import into an empty one.")
        )


class NoDatabase(BackupRefused):
    code = "no-database"

    def __init__(self) -> None:
        super().__init__(_("The database cannot be reached. Please look at DATABASE_URL; nothing was changed."))


class NotTaken(BackupRefused):
    code = "not-taken"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The database went away, or refused what the export holds (PostgreSQL takes no text with a zero byte). "
                "Nothing was changed."
            )
        )


def take_in(*, opened: Opened, now: datetime) -> Settled:
    """Raises BackupRefused: then the database is as empty as it was, or the folder is to be removed."""
    try:
        _require_empty()
        with _as_one():
            settled = _take_in(opened, now)
            with written_whole(settings.HOME.root / MARK) as file:
                file.write(json.dumps({"backup": opened.head.backup, "settled": settled.to_json()}).encode())
        return settled
    except DatabaseError as problem:
        raise _told(problem) from problem


def is_in(*, opened: Opened) -> bool:
    """Whether the database holds this export, whole."""
    try:
        return Restore.objects.filter(backup=UUID(opened.head.backup)).exists()
    except DatabaseError:
        return False


def _take_in(opened: Opened, now: datetime) -> Settled:
    unpacked = Unpacked(opened)
    with troubles_told():
        files = unpacked.files()
        index = _index_of(next(files, None))
        apps, changes = row_loading.make_tables(index["migrations"])
        loading = RowLoading(apps)
        with _rows_in_any_order():
            for name, mode, blocks in files:
                if table := table_of(name):
                    loading.load(table, blocks)
                else:
                    place = IMPORTED_SETTINGS if name == SETTINGS_FILE else name
                    backup_reading.write_out(settings.HOME.root / place, mode=mode, blocks=blocks)
            loading.finish(
                digests=_digests(unpacked.manifest),
                numbers={name: int(about["highest"]) for name, about in index["tables"].items()},
            )
    edge = AuditFrontier.objects.first()
    if (edge.size if edge else 0) != unpacked.manifest.record:
        raise DoesNotMatch
    # Also when nothing is newer: content types and permissions are made at its end.
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    head = opened.head
    expected = Expected(
        backup=head.backup,
        made_at=head.made_at,
        file_name=opened.path.name,
        bytes=opened.path.stat().st_size,
        kit_id=head.kit_id,
        tables=dict(unpacked.manifest.tables),
        record=unpacked.manifest.record,
        trial=False,
    )
    return restored_nodes.make_ready(expected=expected, changes=changes, kind=IMPORTED, now=now)


def _require_empty() -> None:
    """Raises NotEmpty, NoDatabase."""
    if connection.vendor == "sqlite":
        if settings.HOME.database.exists():
            raise NotEmpty
        settings.HOME.database.touch(mode=FILE_MODE)
        return
    try:
        tables = connection.introspection.table_names()
    except OperationalError:
        raise NoDatabase from None
    if tables:
        raise NotEmpty


def _index_of(first: tuple[str, int, Iterator[bytes]] | None) -> dict[str, Any]:
    """Raises BackupDamaged for a file that is no export, NewerBackup for one of a newer form."""
    if first is None or first[0] != ROWS_INDEX:
        raise BackupDamaged
    data = bytearray()
    for block in first[2]:
        data += block
        if len(data) > _LONGEST_INDEX:
            raise BackupDamaged
    try:
        index = json.loads(data)
        if index["format"] > exporting.FORMAT:
            raise NewerBackup
        migrations = {str(app): [str(name) for name in names] for app, names in index["migrations"].items()}
        return {"migrations": migrations, "tables": dict(index["tables"])}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BackupDamaged from None


def _digests(manifest: Manifest) -> dict[str, str]:
    return {table: one.sha256 for one in manifest.files if (table := table_of(one.name))}


def _as_one() -> AbstractContextManager[None]:
    """One transaction, where tables are made in one, too. SQLite refuses that; there the file is new."""
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


@contextmanager
def _rows_in_any_order() -> Iterator[None]:
    """A row may point to one that comes later; `RowLoading.finish` looks at all of them."""
    with connection.constraint_checks_disabled(), transaction.atomic(), row_loading.without_guards():
        if connection.vendor == "postgresql":
            # Making a table sets some of its constraints to IMMEDIATE until the end of the transaction.
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield


def _told(problem: DatabaseError) -> BackupRefused:
    """SQLITE_FULL and SQLITE_IOERR by their words; PostgreSQL's class 53, "insufficient resources"."""
    code = getattr(problem.__cause__, "sqlstate", None) or ""
    if "disk is full" in str(problem) or code.startswith("53"):
        return NoRoom()
    return CannotWrite() if "disk I/O error" in str(problem) else NotTaken()
