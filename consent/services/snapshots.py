"""A copy of the database as it is at one moment, taken while the node serves: nobody who writes has to wait.

SQLCipher: SQLite's online backup, page by page, from within one read transaction, into a file that the same key opens.
PostgreSQL: `pg_dump` in its own format, of a snapshot that stays the same while it is read.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from community_ai.core.home import FILE_MODE
from consent.backups.contents import BLOCK_BYTES
from consent.backups.names import DATABASE_DUMP, DATABASE_FILE
from consent.backups.refusals import DumpFailed
from governance.models import AuditFrontier

_PAGES = 1000
Progress = Callable[[int], None]
"""Told how many bytes more were read."""


@dataclass(frozen=True)
class Snapshot:
    """`blocks()` gives the copy's bytes, once. `tables`: rows of each table, `record`: entries of the record."""

    name: str
    tables: Mapping[str, int]
    record: int
    blocks: Callable[[], Iterator[bytes]]


def database_size() -> int:
    """Bytes, as the database lies on the disk."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # SQLCipher answers the second in text.
            pages, size = (cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
            return int(pages) * int(size)
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


@contextmanager
def snapshot(scratch: Path) -> Iterator[Snapshot]:
    """The database at one moment; valid within the block. Raises DumpFailed and OSError."""
    if connection.vendor == "sqlite":
        with _sqlcipher(scratch) as taken:
            yield taken
    else:
        with _postgresql() as taken:
            yield taken


@contextmanager
def another(database: Path | str | None = None) -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own to our database, or to another of the same kind that the same key opens."""
    present = connections[DEFAULT_DB_ALIAS]
    name = present.settings_dict["NAME"] if database is None else str(database)
    wrapper = type(present)({**present.settings_dict, "NAME": name}, alias=DEFAULT_DB_ALIAS)
    try:
        yield wrapper
    finally:
        wrapper.close()


def figures(wrapper: BaseDatabaseWrapper) -> tuple[dict[str, int], int]:
    """Rows of each table, and entries of the record."""
    with wrapper.cursor() as cursor:
        present = set(wrapper.introspection.table_names(cursor))
        tables = {}
        for table in sorted(set(connection.introspection.django_table_names()) & present):
            cursor.execute(f"SELECT count(*) FROM {wrapper.ops.quote_name(table)}")  # noqa: S608 - our own tables
            tables[table] = int(cursor.fetchone()[0])
        cursor.execute(f"SELECT size FROM {wrapper.ops.quote_name(AuditFrontier._meta.db_table)}")  # noqa: S608
        row = cursor.fetchone()
    return tables, int(row[0]) if row else 0


@contextmanager
def _sqlcipher(scratch: Path) -> Iterator[Snapshot]:
    path = scratch / "db.sqlite3"
    path.touch(mode=FILE_MODE)
    with another() as source, another(path) as target:
        _copy(source, target)
    with another(path) as copy:
        tables, record = figures(copy)
    yield Snapshot(DATABASE_FILE, tables, record, lambda: _blocks_of(path))


def _copy(source: BaseDatabaseWrapper, target: BaseDatabaseWrapper) -> None:
    source.ensure_connection()
    target.ensure_connection()
    raw: Any = source.connection
    into: Any = target.connection
    # The copy is worth nothing before it is complete: no log of its own.
    into.execute("PRAGMA journal_mode = OFF")
    into.execute("PRAGMA synchronous = OFF")
    # A read transaction from the first page to the last: whoever writes meanwhile does not make the copy begin anew.
    raw.execute("BEGIN DEFERRED")
    try:
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
        raw.backup(into, pages=_PAGES)
    finally:
        raw.execute("ROLLBACK")


def _blocks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


@contextmanager
def _postgresql() -> Iterator[Snapshot]:
    with another() as source:
        source.ensure_connection()
        with source.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            moment = str(cursor.fetchone()[0])
            tables, record = figures(source)
            yield Snapshot(DATABASE_DUMP, tables, record, lambda: _dump(moment))
            cursor.execute("ROLLBACK")


def _dump(moment: str) -> Iterator[bytes]:
    command = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={moment}"]
    try:
        process = subprocess.Popen(  # noqa: S603
            command, env=postgresql_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        raise DumpFailed from None
    assert process.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
    with process:
        while block := process.stdout.read(BLOCK_BYTES):
            yield block
    if process.returncode:
        raise DumpFailed


def postgresql_environment(name: str = "") -> dict[str, str]:
    """What PostgreSQL's own tools read to find our database, or another on the same server."""
    own = connection.settings_dict
    wanted = {"PGHOST": own["HOST"], "PGPORT": own["PORT"], "PGUSER": own["USER"], "PGPASSWORD": own["PASSWORD"]}
    return {
        **os.environ,
        **{key: str(value) for key, value in wanted.items() if value},
        "PGDATABASE": name or own["NAME"],
    }
