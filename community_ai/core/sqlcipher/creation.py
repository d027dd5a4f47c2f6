"""Test databases are real encrypted files, made and removed with their write-ahead log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.backends.sqlite3.creation import DatabaseCreation as SQLiteCreation

from community_ai.core.home import FILE_MODE


class DatabaseCreation(SQLiteCreation):
    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> Any:
        name = super()._create_test_db(verbosity, autoclobber, keepdb)  # type: ignore[misc]
        # An empty file is an empty database to SQLite; the backend itself never creates one.
        Path(name).touch(mode=FILE_MODE)
        return name

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        super()._destroy_test_db(test_database_name, verbosity)  # type: ignore[misc]
        for suffix in ("-wal", "-shm"):
            Path(f"{test_database_name}{suffix}").unlink(missing_ok=True)
