"""Triggers around knowledge: versions and labels of an entry stay as they were written, and go only with the entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models

from community_ai.core.append_only import AppendOnly
from governance.guards import unchanged, unchanged_or_forgotten

ENTRY_UPDATES = " AND ".join(
    [
        unchanged("id", "created_at"),
        # Nobody becomes the author of somebody else's entry; an author can be forgotten.
        unchanged_or_forgotten("author_id"),
        # What is being deleted does not come back: its labels could be gone already.
        "(OLD.state <> 'forgotten' OR NEW.state = 'forgotten')",
    ]
)
"""Under which an update of an entry is let through."""


class GoesWithItsEntry(AppendOnly):
    """Refuse DELETE of a model's rows unless their entry is being forgotten. Raises django.db.IntegrityError.

    The service that deletes an entry moves it to the state `forgotten` first, in the same transaction.
    """

    def __init__(self, model_name: str) -> None:
        super().__init__(model_name)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.model_name], {}

    def describe(self) -> str:
        return f"Delete {self.model_name} only with its entry"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.model_name.lower()}_goes_with_its_entry"

    def trigger_names(self, table: str, vendor: str) -> list[str]:
        return [f"{table}_only_with_entry"]

    def _statements(self, model: type[models.Model], vendor: str) -> Iterator[str]:
        table = model._meta.db_table
        (name,) = self.trigger_names(table, vendor)
        state = "(SELECT e.state FROM knowledge_entry e WHERE e.id = OLD.entry_id)"
        kept = f"{state} IS DISTINCT FROM 'forgotten'"
        message = f"{table} goes only with its entry"
        if vendor == "postgresql":
            yield (
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $only$ BEGIN IF {kept} THEN "
                f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
                "RETURN OLD; END $only$"
            )
            yield f'CREATE TRIGGER "{name}" BEFORE DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION {name}()'
            return
        yield (
            f'CREATE TRIGGER "{name}" BEFORE DELETE ON "{table}" WHEN {kept} '
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
