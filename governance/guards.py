"""Triggers around votes: rows of a proposal are added only while it is in the state to which they belong.

They complete `AppendOnly`: a ballot can neither be changed nor come late, and nobody becomes eligible after the
opening, whoever tries it through Django's connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models

from community_ai.core.append_only import AppendOnly


def unchanged(*columns: str) -> str:
    """SQL over NEW and OLD: these columns keep their values."""
    return "(" + " AND ".join(f'NEW."{column}" IS NOT DISTINCT FROM OLD."{column}"' for column in columns) + ")"


def unchanged_or_forgotten(column: str) -> str:
    """SQL: the column keeps its value, or is emptied because a person is erased."""
    return f'(NEW."{column}" IS NULL OR {unchanged(column)})'


PROPOSAL_UPDATES = " OR ".join(
    [
        "OLD.state = 'draft'",
        # While it is open, only its end may come; once it ended, nothing but forgetting its author.
        f"({unchanged('id', 'kind', 'version', 'rule_id', 'opened_at', 'closes_at', 'box', 'drafted_at')}"
        f" AND {unchanged_or_forgotten('author_id')}"
        f" AND (OLD.state = 'open' AND NEW.state <> 'draft' OR {unchanged('state', 'ended_at')}))",
    ]
)
"""Under which an update of a proposal is let through."""


def unchanged_or_taken_back(column: str, empty: str) -> str:
    """SQL: the column keeps its value, or its words are taken back with who wrote them (`empty` in their place)."""
    return f"(NEW.\"{column}\" = '{empty}' OR {unchanged(column)})"


NO_PREVIEW = '{"before": [], "after": []}'
VERSION_UPDATES = " AND ".join(
    [
        unchanged("id", "proposal_id", "number", "payload_hash", "target_hash", "written_at"),
        unchanged_or_forgotten("author_id"),
        unchanged_or_taken_back("title", ""),
        unchanged_or_taken_back("reason", ""),
        unchanged_or_taken_back("preview", NO_PREVIEW),
        # What was decided stays: its hash is in the decision's seal (`PayloadStays` lets a draft's go).
        unchanged_or_taken_back("payload", "{}"),
    ]
)
"""Under which an update of a proposal's version is let through."""


class PayloadStays(AppendOnly):
    """Refuse to empty the payload of a version whose proposal is open or was decided. Raises IntegrityError."""

    def __init__(self, model_name: str) -> None:
        super().__init__(model_name)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.model_name], {}

    def describe(self) -> str:
        return f"Keep what was decided in {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.model_name.lower()}_payload_stays"

    def trigger_names(self, table: str, vendor: str) -> list[str]:
        return [f"{table}_payload_stays"]

    def _statements(self, model: type[models.Model], vendor: str) -> Iterator[str]:
        table = model._meta.db_table
        (name,) = self.trigger_names(table, vendor)
        state = "(SELECT p.state FROM governance_proposal p WHERE p.id = NEW.proposal_id)"
        decided = f"NOT {unchanged('payload')} AND {state} NOT IN ('draft', 'withdrawn')"
        message = f"{table}: what was decided stays"
        if vendor == "postgresql":
            yield (
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $only$ BEGIN IF {decided} "
                f"THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
                "RETURN NEW; END $only$"
            )
            yield f'CREATE TRIGGER "{name}" BEFORE UPDATE ON "{table}" FOR EACH ROW EXECUTE FUNCTION {name}()'
            return
        yield (
            f'CREATE TRIGGER "{name}" BEFORE UPDATE ON "{table}" WHEN {decided} '
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


class AddedOnlyWhile(AppendOnly):
    """Refuse INSERT of a model's rows unless their proposal is in `state`. Raises django.db.IntegrityError."""

    def __init__(self, model_name: str, state: str) -> None:
        super().__init__(model_name)
        self.state = state

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.model_name, self.state], {}

    def describe(self) -> str:
        return f"Add {self.model_name} only while the proposal is {self.state}"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.model_name.lower()}_only_while_{self.state}"

    def trigger_names(self, table: str, vendor: str) -> list[str]:
        return [f"{table}_only_while"]

    def _statements(self, model: type[models.Model], vendor: str) -> Iterator[str]:
        table = model._meta.db_table
        (name,) = self.trigger_names(table, vendor)
        state = "(SELECT p.state FROM governance_proposal p WHERE p.id = NEW.proposal_id)"
        other = f"{state} IS DISTINCT FROM '{self.state}'"
        message = f"{table}: the proposal is not {self.state}"
        if vendor == "postgresql":
            yield (
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $only$ BEGIN IF {other} THEN "
                f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
                "RETURN NEW; END $only$"
            )
            yield f'CREATE TRIGGER "{name}" BEFORE INSERT ON "{table}" FOR EACH ROW EXECUTE FUNCTION {name}()'
            return
        yield (
            f'CREATE TRIGGER "{name}" BEFORE INSERT ON "{table}" WHEN {other} '
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
