"""Tests that commit empty every table afterwards, append-only ones too: their triggers stand aside for that moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.base.operations import BaseDatabaseOperations


@contextmanager
def triggers_lifted() -> Iterator[None]:
    """Within the block, nothing is append-only; afterwards the same triggers are in force again."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            lift = ["SET LOCAL session_replication_role = 'replica'"]
            restore = ["SET LOCAL session_replication_role = 'origin'"]
        else:
            # The triggers that keep an index in step stay: emptying its table must empty the index too.
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = [(name, sql) for name, sql in cursor.fetchall() if "_index_" not in name]
            lift = [f'DROP TRIGGER "{name}"' for name, _sql in triggers]
            restore = [sql for _name, sql in triggers]
        for statement in lift:
            cursor.execute(statement)
        yield
        for statement in restore:
            cursor.execute(statement)


def let_flush_empty_append_only_tables(patch: pytest.MonkeyPatch) -> None:
    """Django's `flush`, with which a transactional test ends, runs with the triggers lifted."""
    flush = BaseDatabaseOperations.execute_sql_flush

    def lifted(self: BaseDatabaseOperations, sql_list: Any) -> None:
        with triggers_lifted():
            flush(self, sql_list)

    patch.setattr(BaseDatabaseOperations, "execute_sql_flush", lifted)
