"""The doctor's checks that need no domain: keys, folder, database, machine, clock and versions."""

from __future__ import annotations

import os
import shutil
import stat
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from community_ai.core import clock
from community_ai.core.doctor import Finding, failure, ok, register_check, warning
from community_ai.core.keystore import KeyLocked, KeyStoreError, is_sealed, key_path

MB = 1024 * 1024
FREE_DISK_MB = 500
FREE_MEMORY_MB = 700
# The first release of this node: no clock can honestly show less.
EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)


def check_keys() -> Finding:
    if isinstance(settings.NODE_KEY, KeyLocked):
        return failure(str(settings.NODE_KEY), "manage.py unlock")
    if isinstance(settings.NODE_KEY, KeyStoreError):
        return failure(str(settings.NODE_KEY), "Do what the sentence says; docs/operating.md has a section on keys.")
    sealed = is_sealed(settings.HOME)
    how = "A passphrase closes it: the node starts locked." if sealed else "No passphrase: the node starts by itself."
    return ok(f"The node's key {key_path(settings.HOME)} is there and only its owner can read it. {how}")


def check_folder() -> Finding:
    open_to_others = [
        folder for folder in settings.HOME.folders() if folder.exists() and stat.S_IMODE(folder.stat().st_mode) & 0o077
    ]
    if open_to_others:
        names = ", ".join(map(str, open_to_others))
        return failure(f"Other users of this computer can open: {names}", f"chmod 700 {names}")
    if not os.access(settings.HOME.root, os.W_OK):
        return failure(f"{settings.HOME.root} cannot be written.", "Run as the user who owns the folder.")
    return ok(f"The data folder {settings.HOME.root} is closed to others.")


def check_database() -> Finding:
    if connection.vendor != "sqlite":
        connection.ensure_connection()
        return warning(
            "The database is PostgreSQL: private text is sealed with personal keys, everything else is not encrypted.",
            "Make sure that the disk below PostgreSQL is encrypted (LUKS, for example).",
        )
    with connection.cursor() as cursor:
        cipher = cursor.execute("PRAGMA cipher_version").fetchone()
        damaged = cursor.execute("PRAGMA cipher_integrity_check").fetchall()
        quick = cursor.execute("PRAGMA quick_check(3)").fetchall()
        journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
    if not cipher:
        return failure("The database is not encrypted.", "Install sqlcipher3 from the lock file and start again.")
    if damaged or quick != [("ok",)]:
        return failure(
            "The database file is damaged.", "Stop the node, keep a copy of the folder, and restore the newest backup."
        )
    if journal != "wal" or synchronous != 2:
        return failure(
            f"The database runs with journal {journal}, synchronous {synchronous}.", "Remove what overrides it."
        )
    return ok(f"The database opens, is encrypted (SQLCipher {cipher[0]}) and whole.")


def check_migrations() -> Finding:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        return failure(f"{len(pending)} changes of the database wait to be made.", "manage.py setup")
    return ok("The database has every table that this version needs.")


def check_disk() -> Finding:
    root = settings.HOME.root
    free = shutil.disk_usage(root if root.exists() else root.parent).free // MB
    if free < FREE_DISK_MB:
        return failure(f"Only {free} MB are free on the disk.", "Free some room: a full disk stops votes and answers.")
    return ok(f"{free:,} MB are free on the disk.")


def check_memory() -> Finding:
    memory = psutil.virtual_memory()
    free = memory.available // MB
    if free < FREE_MEMORY_MB:
        return warning(
            f"Only {free} MB of {memory.total // MB} MB memory are free.",
            "Close other programs, or choose a smaller model (manage.py models list).",
        )
    return ok(f"{free:,} of {memory.total // MB:,} MB memory are free.")


def check_clock() -> Finding:
    now = clock.now()
    if now < EARLIEST:
        return failure(f"The clock shows {now:%Y-%m-%d %H:%M} UTC, which is too early.", "timedatectl set-ntp true")
    newest = max((_changed(path) for path in (settings.HOME.database, key_path(settings.HOME))), default=EARLIEST)
    if (newest - now).total_seconds() > 300:
        return failure(
            f"The clock shows {now:%Y-%m-%d %H:%M} UTC, but the data was written later.",
            "Set the clock (timedatectl set-ntp true): deadlines of votes depend on it.",
        )
    return ok(f"The clock shows {now:%Y-%m-%d %H:%M} UTC.")


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.exists() else EARLIEST


def check_versions() -> Finding:
    faults = []
    if connection.vendor == "sqlite":
        from sqlcipher3 import dbapi2

        if dbapi2.sqlite_version_info < (3, 51, 3):
            faults.append(f"SQLite {dbapi2.sqlite_version} can damage its write-ahead log (mended in 3.51.3)")
    try:
        daphne = tuple(int(part) for part in version("daphne").split(".")[:3])
        if daphne < (4, 2, 2):
            faults.append(f"daphne {version('daphne')} has known faults with websockets (mended in 4.2.2)")
    except PackageNotFoundError:
        faults.append("daphne is not installed")
    if faults:
        return failure("; ".join(faults) + ".", "Install the versions of the lock file: make run does it.")
    return ok("No installed library has a fault that is known to matter.")


def register_core_checks() -> None:
    register_check("keys", check_keys)
    register_check("folder", check_folder)
    register_check("database", check_database)
    register_check("migrations", check_migrations)
    register_check("disk", check_disk)
    register_check("memory", check_memory)
    register_check("clock", check_clock)
    register_check("versions", check_versions)
