"""Loading the rows of an export into an empty database, at the state of the tables in which they were written.

A vote that is over takes no ballots, so the triggers that refuse what a node must not do are away while rows come in,
inside the transaction. Those that follow (the index of passages) stay: the index fills itself. Rows that point to later
ones are checked when all are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.apps.registry import Apps
from django.db import IntegrityError, connection, models
from django.db.migrations.executor import MigrationExecutor

from consent.backups.refusals import DoesNotMatch, NewerBackup
from consent.rows import Table, is_by_name, lines_of, name_of_target, tables_of
from consent.services.row_reading import RowReading, highest_number

_AT_ONCE = 500
State = dict[str, list[str]]
"""The migrations that were made, by app."""


def applied() -> State:
    """Those of this database."""
    state: State = {}
    for app, name in sorted(MigrationExecutor(connection).loader.applied_migrations):
        state.setdefault(app, []).append(name)
    return state


def make_tables(state: State) -> tuple[Apps, int]:
    """Make the tables of an empty database as they were in that state: its models, and how many migrations are newer.

    Raises NewerBackup for migrations that this version does not know.
    """
    executor = MigrationExecutor(connection)
    wanted = {(app, name) for app, names in state.items() for name in names}
    nodes = executor.loader.graph.nodes
    if not wanted <= set(nodes):
        raise NewerBackup
    ends = [key for key in sorted(wanted) if not any(key in executor.loader.graph.node_map[later].parents
                                                     for later in wanted if later[0] == key[0])]  # fmt: skip
    executor.migrate(ends)
    return executor.loader.project_state(ends).apps, len(set(nodes) - wanted)


@contextmanager
def without_guards() -> Iterator[None]:
    """No trigger refuses a row within the block, which is inside a transaction; all are in force again after it."""
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgresql:
            cursor.execute(
                "SELECT DISTINCT tgrelid::regclass::text, '' FROM pg_trigger "
                "WHERE NOT tgisinternal AND tgrelid::regclass::text !~ '^pg_'"
            )
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE(%'")
        guards = cursor.fetchall()
        for name, _sql in guards:
            # PostgreSQL names the tables as they are quoted; triggers of foreign keys are not USER's.
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER" if postgresql else f'DROP TRIGGER "{name}"')
    yield
    with connection.cursor() as cursor:
        for name, sql in guards:
            cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER" if postgresql else sql)


class RowLoading:
    """Takes the lines of each table. `apps` are the models as `make_tables` gave them."""

    def __init__(self, apps: Apps) -> None:
        self.tables = tables_of(apps)
        self._apps = apps
        self._names: dict[str, int] = {}

    def load(self, name: str, blocks: Iterator[bytes]) -> None:
        """All rows of one table. Raises DoesNotMatch."""
        table = self.tables.get(name)
        if table is None:
            raise DoesNotMatch
        quote = connection.ops.quote_name
        columns = ", ".join(quote(one) for one in table.columns)
        marks = ", ".join(["%s"] * len(table.columns))
        sql = f"INSERT INTO {quote(name)} ({columns}) VALUES ({marks})"  # noqa: S608 - names of our own tables
        lines = lines_of(blocks)
        try:
            with connection.cursor() as cursor:
                while rows := [self._prepared(table, line) for line in islice(lines, _AT_ONCE)]:
                    cursor.executemany(sql, rows)
        except IntegrityError:
            raise DoesNotMatch from None

    def finish(self, *, digests: dict[str, str], numbers: dict[str, int]) -> None:
        """Every row points to one that is there, every table is what the export says, new rows get free numbers.

        `digests`: SHA-256 of the lines of each table; `numbers`: the highest number given so far. Raises DoesNotMatch.
        """
        if digests.keys() != self.tables.keys():
            raise DoesNotMatch
        try:
            connection.check_constraints()
        except IntegrityError:
            raise
        reading = RowReading(self._apps)
        for name, table in self.tables.items():
            if reading.digest(table) != digests[name]:
                raise DoesNotMatch
            if table.counts_up:
                _go_on_counting(table, numbers.get(name, 0))

    def _prepared(self, table: Table, line: bytes) -> list[Any]:
        values = table.values(line)
        for number, field in enumerate(table.fields):
            if is_by_name(field):
                values[number] = self._number_of(field, values[number])
            elif values[number] is None and isinstance(field, models.JSONField) and not field.null:
                values[number] = connection.ops.adapt_json_value(None, field.encoder)
            else:
                values[number] = field.get_db_prep_save(values[number], connection)
        return values

    def _number_of(self, field: models.Field[Any, Any], name: str | None) -> int | None:
        """The number that a content type or a permission has here; what nobody knows yet is made."""
        if name is None:
            return None
        if name not in self._names:
            of_permission = name_of_target(field) == "permission"
            app, _dot, model = name.partition(".")
            model, _dot, codename = model.partition(".")
            if not model or bool(codename) != of_permission:
                raise DoesNotMatch
            self._names[name] = self._permission(app, model, codename) if codename else self._type(app, model).pk
        return self._names[name]

    def _type(self, app: str, model: str) -> models.Model:
        types = self._apps.get_model("contenttypes", "ContentType")._base_manager
        return types.get_or_create(app_label=app, model=model)[0]

    def _permission(self, app: str, model: str, codename: str) -> int:
        permissions = self._apps.get_model("auth", "Permission")._base_manager
        made = {"content_type": self._type(app, model), "codename": codename}
        return int(permissions.get_or_create(**made, defaults={"name": codename})[0].pk)


def _go_on_counting(table: Table, number: int) -> None:
    key = table.model._meta.pk
    assert key is not None  # noqa: S101 - for the type checker: it counts up
    top = max(number, table.model._base_manager.aggregate(top=models.Max("pk"))["top"] or 0, highest_number(table))
    if not top:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, %s)::regclass, %s)",
                [connection.ops.quote_name(table.name), key.column, top],
            )
            return
        cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [top, table.name])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table.name, top])
