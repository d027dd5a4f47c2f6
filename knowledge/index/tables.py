"""The index's tables, as an operation of a migration: FTS5 on SQLite, tsvector with GIN on PostgreSQL.

Both hold the words and the trigrams of `Passage.folded`, in the form in which `knowledge.folding` writes them, so that
both find the same. On SQLite two FTS5 tables take their text from the passages' table (external content) and triggers
keep them in step, in the same transaction, with `secure-delete`, so that a deleted passage leaves nothing behind. On
PostgreSQL two generated columns hold them. Django's SQLite editor loses triggers when a later migration alters
`knowledge_passage`: such a migration ends with `PassageIndex` again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.migrations.operations.base import Operation, OperationCategory

PASSAGES = "knowledge_passage"
WORDS = "knowledge_words"
TRIGRAMS = "knowledge_trigrams"
# Folded text needs nothing but spaces between words, and its characters as they are.
_TOKENIZERS = {WORDS: "ascii", TRIGRAMS: "trigram case_sensitive 1"}
TRIGGERS = tuple(f"{PASSAGES}_index_{event}" for event in ("add", "drop", "change"))


class PassageIndex(Operation):
    """Make the index of `knowledge_passage` and fill it with the passages that are there."""

    category = OperationCategory.SQL
    reduces_to_sql = True
    reversible = True

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {}

    def describe(self) -> str:
        return "Index the passages' words and trigrams"

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self.database_backwards(app_label, schema_editor, from_state, to_state)
        postgresql = schema_editor.connection.vendor == "postgresql"
        for statement in _make_postgresql() if postgresql else _make_sqlite():
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        postgresql = schema_editor.connection.vendor == "postgresql"
        for statement in _drop_postgresql() if postgresql else _drop_sqlite():
            schema_editor.execute(statement, params=None)


def frequencies_of(table: str) -> str:
    """The name of the virtual table that knows in how many passages a word or trigram stands (SQLite)."""
    return f"{table}_frequencies"


def _make_sqlite() -> Iterator[str]:
    put = take = ""
    for table, tokenizer in _TOKENIZERS.items():
        yield (
            f"CREATE VIRTUAL TABLE {table} USING fts5(folded, content='{PASSAGES}', content_rowid='id', "
            f"tokenize='{tokenizer}')"
        )
        yield f"CREATE VIRTUAL TABLE {frequencies_of(table)} USING fts5vocab('{table}', 'row')"
        yield f"INSERT INTO {table} ({table}, rank) VALUES ('secure-delete', 1)"  # noqa: S608
        yield f"INSERT INTO {table} ({table}) VALUES ('rebuild')"  # noqa: S608
        put += f"INSERT INTO {table} (rowid, folded) VALUES (NEW.id, NEW.folded); "  # noqa: S608
        take += f"INSERT INTO {table} ({table}, rowid, folded) VALUES ('delete', OLD.id, OLD.folded); "  # noqa: S608
    add, drop, change = TRIGGERS
    yield f'CREATE TRIGGER "{add}" AFTER INSERT ON {PASSAGES} BEGIN {put}END'
    yield f'CREATE TRIGGER "{drop}" AFTER DELETE ON {PASSAGES} BEGIN {take}END'
    yield f'CREATE TRIGGER "{change}" AFTER UPDATE OF id, folded ON {PASSAGES} BEGIN {take}{put}END'


def _drop_sqlite() -> Iterator[str]:
    for trigger in TRIGGERS:
        yield f'DROP TRIGGER IF EXISTS "{trigger}"'
    for table in (WORDS, TRIGRAMS):
        yield f"DROP TABLE IF EXISTS {frequencies_of(table)}"
        yield f"DROP TABLE IF EXISTS {table}"


# Runs of three characters, spaces included; pg_trgm pads words and hashes what is not ASCII, so it cannot be asked for
# the same ones.
_TRIGRAMS_OF = """
CREATE OR REPLACE FUNCTION knowledge_trigrams(given text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $trigrams$
  SELECT array_agg(DISTINCT run) FROM (
    SELECT sign || lead(sign, 1) OVER place || lead(sign, 2) OVER place AS run
    FROM unnest(string_to_array(given, NULL)) WITH ORDINALITY AS signs(sign, nth)
    WINDOW place AS (ORDER BY nth)
  ) runs WHERE run IS NOT NULL
$trigrams$
"""
_COLUMNS = {
    WORDS: ("words", "string_to_array(nullif(btrim(folded), ''), ' ')"),
    TRIGRAMS: ("trigrams", "knowledge_trigrams(folded)"),
}


def column_of(table: str) -> str:
    """The generated column that holds the words or trigrams (PostgreSQL)."""
    return _COLUMNS[table][0]


def _make_postgresql() -> Iterator[str]:
    yield _TRIGRAMS_OF
    for index, (column, runs) in _COLUMNS.items():
        yield (
            f"ALTER TABLE {PASSAGES} ADD COLUMN {column} tsvector "
            f"GENERATED ALWAYS AS (coalesce(array_to_tsvector({runs}), ''::tsvector)) STORED"
        )
        # Without a list of what is not sorted in yet: each search would have to read it.
        yield f"CREATE INDEX {index} ON {PASSAGES} USING gin ({column}) WITH (fastupdate = off)"


def _drop_postgresql() -> Iterator[str]:
    for column, _runs in _COLUMNS.values():
        yield f"ALTER TABLE {PASSAGES} DROP COLUMN IF EXISTS {column}"
    yield "DROP FUNCTION IF EXISTS knowledge_trigrams(text)"


def rebuild() -> None:
    """Write the index anew from the passages, whatever it holds. PostgreSQL derives it from the rows by itself."""
    with connection.cursor() as cursor:
        for table in (WORDS, TRIGRAMS):
            if connection.vendor == "postgresql":
                cursor.execute(f"REINDEX INDEX {table}")
            else:
                cursor.execute(f"INSERT INTO {table} ({table}) VALUES ('rebuild')")  # noqa: S608


def missing_parts() -> list[str]:
    """The names of what the migration made and the database has no more."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s", [PASSAGES])
            wanted = {WORDS, TRIGRAMS}
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger')")
            wanted = {WORDS, TRIGRAMS, frequencies_of(WORDS), frequencies_of(TRIGRAMS), *TRIGGERS}
        return sorted(wanted - {name for (name,) in cursor.fetchall()})
