"""Tables whose rows stay as they were written: triggers, made by a migration, refuse what would bend them.

The triggers bind everything that goes through Django's connection: the ORM, `QuerySet.update`, bulk, fixtures and raw
SQL alike. Whoever may drop triggers can still do harm; `missing_guards()` names a trigger that is gone, and for the
record `verify_audit` finds what was done meanwhile. Django's SQLite editor loses triggers when a later migration
alters the table: such a migration ends with `AppendOnly` again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation, OperationCategory

_REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $refuse$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$refuse$
"""


class AppendOnly(Operation):
    """Refuse UPDATE and DELETE of a model's rows on SQLite and PostgreSQL; both raise django.db.IntegrityError.

    `may_clear`: nullable fields that may become NULL while everything else stays (a person who is forgotten).
    `update_when`: SQL over NEW and OLD under which an update is let through, in place of `may_clear`.
    `may_delete`: rows may be deleted (what is kept beside the record, and can be erased).
    """

    category = OperationCategory.SQL
    reduces_to_sql = True
    reversible = True

    def __init__(
        self, model_name: str, may_clear: Sequence[str] = (), update_when: str = "", may_delete: bool = False
    ) -> None:
        self.model_name = model_name
        self.may_clear = tuple(may_clear)
        self.update_when = update_when
        self.may_delete = may_delete

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        options = {
            "may_clear": self.may_clear,
            "update_when": self.update_when,
            "may_delete": self.may_delete,
        }
        return (
            type(self).__name__,
            [self.model_name],
            {name: value for name, value in options.items() if value},
        )

    def describe(self) -> str:
        return f"Make {self.model_name} append-only"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.model_name.lower()}_append_only"

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(_REFUSE_FUNCTION, params=None)
        for statement in self._statements(model, schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        table = from_state.apps.get_model(app_label, self.model_name)._meta.db_table
        on_table = f' ON "{table}"' if schema_editor.connection.vendor == "postgresql" else ""
        for name in self.trigger_names(table, schema_editor.connection.vendor):
            schema_editor.execute(f'DROP TRIGGER IF EXISTS "{name}"{on_table}', params=None)

    def trigger_names(self, table: str, vendor: str) -> list[str]:
        """The triggers that this operation makes on `table`, by name."""
        events = ["update"] if self.may_delete else ["update", "delete"]
        events += ["replace"] if vendor == "sqlite" else [] if self.may_delete else ["truncate"]
        return [f"{table}_no_{event}" for event in events]

    def _statements(self, model: type[models.Model], vendor: str) -> Iterator[str]:
        table = model._meta.db_table
        unless = f"NOT ({self._update_condition(model)})"
        if vendor == "postgresql":
            yield _postgresql(table, "update", f"FOR EACH ROW WHEN ({unless})")
            if not self.may_delete:
                yield _postgresql(table, "delete", "FOR EACH ROW")
                yield _postgresql(table, "truncate", "FOR EACH STATEMENT")
            return
        yield _sqlite(table, "update", "UPDATE", f"WHEN {unless}")
        if not self.may_delete:
            yield _sqlite(table, "delete", "DELETE", "")
        # INSERT OR REPLACE deletes the old row without asking the trigger on DELETE.
        same = " OR ".join(
            "(" + " AND ".join(f'"{column}" = NEW."{column}"' for column in columns) + ")"
            for columns in _unique_columns(model)
        )
        yield _sqlite(table, "replace", "INSERT", f'WHEN EXISTS (SELECT 1 FROM "{table}" WHERE {same})')  # noqa: S608

    def _update_condition(self, model: type[models.Model]) -> str:
        if self.update_when:
            return self.update_when
        if not self.may_clear:
            return "FALSE"
        parts = []
        for field in model._meta.concrete_fields:
            same = f'NEW."{field.column}" IS NOT DISTINCT FROM OLD."{field.column}"'
            parts.append(f'({same} OR NEW."{field.column}" IS NULL)' if field.name in self.may_clear else same)
        return " AND ".join(parts)


def _sqlite(table: str, name: str, event: str, when: str) -> str:
    return (
        f'CREATE TRIGGER "{table}_no_{name}" BEFORE {event} ON "{table}" {when} '
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _postgresql(table: str, event: str, how: str) -> str:
    return (
        f'CREATE TRIGGER "{table}_no_{event}" BEFORE {event.upper()} ON "{table}" {how} '
        "EXECUTE FUNCTION refuse_change()"
    )


def _unique_columns(model: type[models.Model]) -> Iterator[tuple[str, ...]]:
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
    for field in model._meta.concrete_fields:
        if field.unique:
            yield (columns[field.name],)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields and constraint.condition is None:
            yield tuple(columns[name] for name in constraint.fields)


def missing_guards() -> list[str]:
    """Names of triggers that the migrations made and that the database has no more, or not in force."""
    expected: set[str] = set()
    for (app_label, _name), migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items():
        for operation in migration.operations:
            if isinstance(operation, AppendOnly):
                table = apps.get_model(app_label, operation.model_name)._meta.db_table
                expected.update(operation.trigger_names(table, connection.vendor))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        present = {name for (name,) in cursor.fetchall()}
    return sorted(expected - present)
