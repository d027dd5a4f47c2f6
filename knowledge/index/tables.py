"""The index's tables, as an operation of a migration: FTS5 on SQLite, tsvector and pg_trgm on PostgreSQL.

On SQLite two FTS5 tables take their text from the passages' table (external content) and triggers keep them in step,
in the same transaction, with `secure-delete`, so that a deleted passage leaves nothing behind. Django's SQLite editor
loses triggers when a later migration alters `knowledge_passage`: such a migration ends with `PassageIndex` again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.utils import DatabaseError

PASSAGES = "knowledge_passage"
WORDS = "knowledge_words"
TRIGRAMS = "knowledge_trigrams"
# Vowel signs and other marks belong to words (Indic scripts); those that are only diacritics are left out of tokens.
_TOKENIZERS = {
    WORDS: "unicode61 remove_diacritics 2 categories ''L* N* Co M*''",
    TRIGRAMS: "trigram remove_diacritics 1",
}
TRIGGERS = tuple(f"{PASSAGES}_index_{event}" for event in ("add", "drop", "change"))


class PassageIndex(Operation):
    """Make the index of `knowledge_passage` and fill it with the passages that are there."""

    category = OperationCategory.SQL
    reduces_to_sql = False
    reversible = True

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {}

    def describe(self) -> str:
        return "Index the passages' words and trigrams"

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            _make_postgresql(schema_editor)
            return
        for statement in (*_drop_sqlite(), *_make_sqlite()):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        statements = _drop_postgresql() if schema_editor.connection.vendor == "postgresql" else _drop_sqlite()
        for statement in statements:
            schema_editor.execute(statement, params=None)


def _drop_sqlite() -> Iterator[str]:
    for trigger in TRIGGERS:
        yield f'DROP TRIGGER IF EXISTS "{trigger}"'
    for table in (WORDS, TRIGRAMS):
        yield f"DROP TABLE IF EXISTS {table}"


def _make_sqlite() -> Iterator[str]:
    for table, tokenizer in _TOKENIZERS.items():
        yield (
            f"CREATE VIRTUAL TABLE {table} USING fts5(title, text, content='{PASSAGES}', content_rowid='id', "
            f"tokenize='{tokenizer}')"
        )
        yield f"INSERT INTO {table} ({table}, rank) VALUES ('secure-delete', 1)"  # noqa: S608
        yield f"INSERT INTO {table} ({table}) VALUES ('rebuild')"  # noqa: S608
    put = take = ""
    for table in _TOKENIZERS:
        put += f"INSERT INTO {table} (rowid, title, text) VALUES (NEW.id, NEW.title, NEW.text); "
        take += f"INSERT INTO {table} ({table}, rowid, title, text) "  # noqa: S608
        take += "VALUES ('delete', OLD.id, OLD.title, OLD.text); "
    add, drop, change = TRIGGERS
    yield f'CREATE TRIGGER "{add}" AFTER INSERT ON {PASSAGES} BEGIN {put} END'
    yield f'CREATE TRIGGER "{drop}" AFTER DELETE ON {PASSAGES} BEGIN {take} END'
    yield f'CREATE TRIGGER "{change}" AFTER UPDATE OF id, title, text ON {PASSAGES} BEGIN {take} {put} END'


_PLAIN = """
CREATE OR REPLACE FUNCTION knowledge_plain(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $plain$ SELECT {expression} $plain$
"""


def _make_postgresql(schema_editor: Any) -> None:
    extensions = {name for name in ("unaccent", "pg_trgm") if _extension(schema_editor, name)}
    unaccent = "lower(public.unaccent('public.unaccent'::regdictionary, given))"
    schema_editor.execute(
        _PLAIN.format(expression=unaccent if "unaccent" in extensions else "lower(given)"), params=None
    )
    for statement in _drop_columns_postgresql():
        schema_editor.execute(statement, params=None)
    schema_editor.execute(
        f"ALTER TABLE {PASSAGES} ADD COLUMN words tsvector GENERATED ALWAYS AS "
        "(to_tsvector('simple', knowledge_plain(title || ' ' || text))) STORED",
        params=None,
    )
    schema_editor.execute(f"CREATE INDEX {WORDS} ON {PASSAGES} USING gin (words)", params=None)
    if "pg_trgm" in extensions:
        schema_editor.execute(
            f"ALTER TABLE {PASSAGES} ADD COLUMN trigrams tsvector GENERATED ALWAYS AS "
            "(array_to_tsvector(show_trgm(knowledge_plain(title || ' ' || text)))) STORED",
            params=None,
        )
        schema_editor.execute(f"CREATE INDEX {TRIGRAMS} ON {PASSAGES} USING gin (trigrams)", params=None)


def _drop_columns_postgresql() -> Iterator[str]:
    for column in ("words", "trigrams"):
        yield f"ALTER TABLE {PASSAGES} DROP COLUMN IF EXISTS {column}"


def _drop_postgresql() -> Iterator[str]:
    yield from _drop_columns_postgresql()
    yield "DROP FUNCTION IF EXISTS knowledge_plain(text)"


def _extension(schema_editor: Any, name: str) -> bool:
    """Whether an extension is there now; a server without Debian's contrib package or our right works without it."""
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute(f"CREATE EXTENSION IF NOT EXISTS {name} WITH SCHEMA public", params=None)
    except DatabaseError:
        return False
    return True


def has_trigrams() -> bool:
    """Whether this database can search by trigrams."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM information_schema.columns WHERE table_name = %s AND column_name = 'trigrams'", [PASSAGES]
        )
        return cursor.fetchone() is not None
