"""Taking passages out of the index so that nothing of them stays in the files, few or many at once.

FTS5's `secure-delete` rewrites each page on which one of a passage's words stands: about 15 ms for one passage among
10,000. For many it is faster to let FTS5 note the deletions and to merge the whole index into one piece afterwards,
which leaves out what was deleted. Both end in the same state, inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from knowledge.index.tables import PASSAGES, TRIGRAMS, WORDS

FEW = 50
# Merging the index costs about as much as taking out one passage in so many securely.
_ONE_IN = 100


@contextmanager
def removing(count: int) -> Iterator[None]:
    """Within the block, which deletes `count` passages inside a transaction, the index forgets in the faster way."""
    if connection.vendor != "sqlite" or count <= FEW or count * _ONE_IN <= _passages():
        yield
        return
    _tell("rank", "secure-delete", 0)
    try:
        yield
        _tell("", "optimize")
    finally:
        _tell("rank", "secure-delete", 1)


def _passages() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {PASSAGES}")  # noqa: S608
        return int(cursor.fetchone()[0])


def _tell(column: str, command: str, value: int | None = None) -> None:
    """One of FTS5's commands to both tables: written as an INSERT into the column of the table's own name."""
    with connection.cursor() as cursor:
        for table in (WORDS, TRIGRAMS):
            if column:
                cursor.execute(f"INSERT INTO {table} ({table}, {column}) VALUES (%s, %s)", [command, value])  # noqa: S608
            else:
                cursor.execute(f"INSERT INTO {table} ({table}) VALUES (%s)", [command])  # noqa: S608
