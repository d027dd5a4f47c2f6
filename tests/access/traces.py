"""Whether a request left anything in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

# Written by every visit: the session, and how often somebody tried.
VISITS = {"django_session", "core_cache"}
READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "EXPLAIN")


def fingerprint() -> dict[str, str]:
    """A digest of the rows of every table, by its name; what belongs to any visit is left out."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names(cursor)) - VISITS):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            rows = sorted(repr(row) for row in cursor.fetchall())
            found[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables whose rows differ."""
    return sorted(table for table in before.keys() | after.keys() if before.get(table) != after.get(table))


@contextmanager
def as_of_a_test_case() -> Iterator[None]:
    """A transaction that is rolled back, and of which the code takes no notice, as that of django.test.TestCase."""
    block: Any = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


class Writes:
    """Notices each statement that may change a row. To be installed by connection.execute_wrapper."""

    def __init__(self) -> None:
        self.seen = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip().upper().startswith(READS) and not any(f'"{table}"' in sql for table in VISITS):
            self.seen = True
        return execute(sql, params, many, context)
