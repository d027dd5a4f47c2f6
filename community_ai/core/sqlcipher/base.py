"""Django's SQLite backend on SQLCipher: the same SQL, every page of the file encrypted.

The raw key is given first on each new connection (SQLCipher, "PRAGMA key", raw key data: no key derivation, so that
opening a connection stays cheap). The file is opened read-write but never created by accident: `manage.py setup`
creates it.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable, Mapping
from itertools import tee
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db.backends.sqlite3 import base as sqlite_backend
from django.db.backends.sqlite3._functions import register as register_functions
from django.utils.asyncio import async_unsafe
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from sqlcipher3 import dbapi2 as Database

from community_ai.core.keystore import KeyMissing, KeyStoreError, KeyWrong
from community_ai.core.sqlcipher.creation import DatabaseCreation
from community_ai.core.sqlcipher.in_use import hold_shared

# What Django registers on Python's own sqlite3 module must be registered on this one as well.
Database.register_converter("bool", b"1".__eq__)
Database.register_converter("date", sqlite_backend.decoder(parse_date))
Database.register_converter("time", sqlite_backend.decoder(parse_time))
Database.register_converter("datetime", sqlite_backend.decoder(parse_datetime))
Database.register_converter("timestamp", sqlite_backend.decoder(parse_datetime))
Database.register_adapter(decimal.Decimal, str)
Database.register_adapter(datetime.date, sqlite_backend.adapt_date)
Database.register_adapter(datetime.datetime, sqlite_backend.adapt_datetime)

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # A vote or a consent that was acknowledged must survive a power cut.
    "PRAGMA synchronous = FULL",
    # Deleted text is overwritten, not only unlinked.
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA foreign_keys = ON",
    "PRAGMA legacy_alter_table = OFF",
)


class SQLCipherCursor(Database.Cursor):
    """Django's SQLite cursor on SQLCipher's cursor class: turns %s into ? and %(name)s into :name."""

    convert_query = sqlite_backend.SQLiteCursorWrapper.convert_query

    def execute(self, query: str, params: Any = None) -> Any:
        if params is None:
            return super().execute(query)
        names = list(params) if isinstance(params, Mapping) else None
        return super().execute(self.convert_query(query, param_names=names), params)

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        peeked, rows = tee(iter(param_list))
        first = next(peeked, None)
        names = list(first) if first and isinstance(first, Mapping) else None
        return super().executemany(self.convert_query(query, param_names=names), rows)


def opened_with(key: bytes, **params: Any) -> Any:
    """A connection to the file, or None when this 32-byte key does not open it. Other faults are raised."""
    connection = Database.connect(**params)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")  # a key that does not fit is told in our own words
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA cipher_log_level = ERROR")
    except BaseException as error:
        connection.close()
        if isinstance(error, Database.DatabaseError) and "not a database" in str(error):
            return None
        raise
    return connection


class DatabaseWrapper(sqlite_backend.DatabaseWrapper):
    Database = Database
    creation_class = DatabaseCreation

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        path = Path(params["database"])
        if not path.exists():
            raise KeyMissing(
                f"There is no database at {path} yet. Start the node with `make run` or `manage.py setup`."
            )
        params["database"] = f"file:{quote(str(path))}?mode=rw"
        return params

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        key = settings.NODE_KEY
        if isinstance(key, KeyStoreError):
            raise key
        hold_shared(settings.HOME)
        key.refresh()  # the database's key may have changed since the settings were read, but no more from here on
        # Two keys only after a change of the database's key that was interrupted.
        opened = (opened_with(database_key, **conn_params) for database_key in key.database_keys())
        connection = next((connection for connection in opened if connection is not None), None)
        if connection is None:
            raise KeyWrong(
                f"The key in {settings.HOME.keys} does not open {self.settings_dict['NAME']}: it is the key of "
                "another node, or the file is damaged. Put back the key that belongs to it. Nothing was changed."
            )
        try:
            register_functions(connection)
            for pragma in (*PRAGMAS, *self.init_commands):  # type: ignore[attr-defined]
                if pragma.strip():
                    connection.execute(pragma)
        except BaseException:
            connection.close()
            raise
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=SQLCipherCursor)
