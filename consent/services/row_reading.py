"""Reading the rows of a database for an export, at one moment, while the node serves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from django.apps.registry import Apps
from django.db import connection, models, transaction
from django.db.models.functions import Collate

from consent.rows import Table, is_by_name, name_of_target

_AT_ONCE = 500
_BLOCK = 256 * 1024


@contextmanager
def one_moment() -> Iterator[None]:
    """Whatever is read within the block is as it was when it began, and nobody who writes has to wait.

    SQLCipher: a read transaction in the write-ahead log. PostgreSQL: a snapshot that stays the same. Nothing may be
    written within it.
    """
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    with connection.cursor() as cursor:
        # Not atomic(): that would shut out everybody who writes (IMMEDIATE).
        cursor.execute("BEGIN DEFERRED")
        try:
            cursor.execute("SELECT count(*) FROM sqlite_master").fetchone()
            yield
        finally:
            cursor.execute("ROLLBACK")


class RowReading:
    """The lines of tables, with the names of what is meant by name. `apps`: the models, or an older state of them."""

    def __init__(self, apps: Apps) -> None:
        self._apps = apps

    def lines(self, table: Table) -> Iterator[bytes]:
        named = [number for number, field in enumerate(table.fields) if is_by_name(field)]
        key = table.model._meta.pk
        assert key is not None  # noqa: S101 - for the type checker: every model has one
        order: Any = key.attname
        if connection.vendor == "postgresql" and isinstance(_end_of(key), models.CharField | models.TextField):
            order = Collate(key.attname, "C")
        rows = table.model._base_manager.order_by(order).values_list(*(one.attname for one in table.fields))
        for row in rows.iterator(chunk_size=_AT_ONCE):
            values = list(row)
            for number in named:
                values[number] = self.name_of(table.fields[number], values[number])
            yield table.line(values)

    def blocks(self, table: Table) -> Iterator[bytes]:
        """The same in larger pieces."""
        waiting = bytearray()
        for line in self.lines(table):
            waiting += line
            if len(waiting) >= _BLOCK:
                yield bytes(waiting)
                waiting.clear()
        yield bytes(waiting)

    def digest(self, table: Table) -> str:
        """SHA-256 of the table's lines."""
        seen = hashlib.sha256()
        for block in self.blocks(table):
            seen.update(block)
        return seen.hexdigest()

    def count(self, table: Table) -> int:
        return table.model._base_manager.count()

    def name_of(self, field: models.Field[Any, Any], number: int | None) -> str | None:
        if number is None:
            return None
        names = self._permissions if name_of_target(field) == "permission" else self._types
        return names[number]

    @cached_property
    def _types(self) -> dict[int, str]:
        rows = self._apps.get_model("contenttypes", "ContentType")._base_manager.values_list("pk", "app_label", "model")
        return {pk: f"{app}.{model}" for pk, app, model in rows}

    @cached_property
    def _permissions(self) -> dict[int, str]:
        rows = self._apps.get_model("auth", "Permission")._base_manager.values_list("pk", "content_type_id", "codename")
        return {pk: f"{self._types[kind]}.{codename}" for pk, kind, codename in rows}


def highest_number(table: Table) -> int:
    """The last number that the database gave to a row of this table, also when that row is gone; 0 for none."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass), 0)",
                [connection.ops.quote_name(table.name), table.model._meta.pk.column],
            )
        else:
            cursor.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = %s", [table.name])
        return int(cursor.fetchone()[0])


def _end_of(field: models.Field[Any, Any]) -> models.Field[Any, Any]:
    """What a key that points on is made of."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field
