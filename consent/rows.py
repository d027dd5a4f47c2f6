"""Rows as text that every kind of database gives and takes alike: how an export spells the database.

Each table is a file of JSON Lines, one object for each row, by the name of the column, in the order of the primary key
(text by its UTF-8 bytes). Keys are sorted, nothing is indented, and what JSON has no type for is written so:

    time            "2026-11-24T12:00:00.000000Z", always UTC with microseconds
    date            "2026-11-24"
    UUID, decimal   as text
    bytes           base64; a sealed value travels as it lies in the database, and stays sealed
    JSON            as it is; 0.0 for -0.0, and a whole number for a float of 10**16 and more, as PostgreSQL keeps them
    content type    "app.model", permission "app.model.codename": their numbers differ from node to node

A database that gives the same lines holds the same rows, so the SHA-256 of a file is the digest of its table. No
database and no clock in here.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.apps.registry import Apps
from django.core.exceptions import ValidationError
from django.db import models

from consent.backups.refusals import DoesNotMatch
from consent.fields import Sealed, SealedTextField

# Made anew on each node: who is signed in, what the queue does now and did, and names for which rows stand in text.
LEFT_OUT = frozenset(
    {"django_session", "django_content_type", "auth_permission", "django_q_ormq", "django_q_task", "django_q_schedule"}
)
_BY_NAME = {"contenttypes.contenttype": "contenttype", "auth.permission": "permission"}
_LONG = 1e16


@dataclass(frozen=True)
class Table:
    """A table of the models as they are, or as they were at an older state of the migrations."""

    model: type[models.Model]

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @cached_property
    def fields(self) -> tuple[models.Field[Any, Any], ...]:
        return tuple(one for one in self.model._meta.concrete_fields if not getattr(one, "generated", False))

    @property
    def columns(self) -> list[str]:
        return [str(one.column) for one in self.fields]

    @property
    def counts_up(self) -> bool:
        """Whether the database gives the rows their numbers."""
        return isinstance(self.model._meta.pk, models.AutoField)

    def line(self, values: Sequence[Any]) -> bytes:
        """One row, from what its fields read; names stand already where a row of another table is meant by name."""
        row = {
            column: _to_json(field, value)
            for column, field, value in zip(self.columns, self.fields, values, strict=True)
        }
        return line_of(row)

    def values(self, line: bytes) -> list[Any]:
        """What the fields of that row hold. Raises DoesNotMatch."""
        try:
            row = json.loads(line)
            if not isinstance(row, dict) or row.keys() != set(self.columns):
                raise DoesNotMatch
            return [_from_json(field, row[str(field.column)]) for field in self.fields]
        except (ValueError, TypeError, binascii.Error, ValidationError, RecursionError):
            raise DoesNotMatch from None


def tables_of(apps: Apps) -> dict[str, Table]:
    """Every table that travels, by name."""
    found = (
        Table(model)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.db_table not in LEFT_OUT
    )
    return {one.name: one for one in sorted(found, key=lambda one: one.name)}


def is_by_name(field: models.Field[Any, Any]) -> bool:
    """Whether the field points to a row whose number is another one on each node."""
    return name_of_target(field) != ""


def name_of_target(field: models.Field[Any, Any]) -> str:
    """ "contenttype", "permission" for what `is_by_name`; "" for everything else."""
    meant = field.remote_field.model._meta.label_lower if field.remote_field else ""
    return _BY_NAME.get(meant, "")


def line_of(row: dict[str, Any]) -> bytes:
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        # Half of a surrogate pair in a JSON value: UTF-8 cannot say it, an escape can.
        return json.dumps(row, sort_keys=True, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def lines_of(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines without their ends. Raises DoesNotMatch when the last has none."""
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
    if rest:
        raise DoesNotMatch


def _to_json(field: models.Field[Any, Any], value: Any) -> Any:
    if isinstance(field, models.JSONField):
        return _as_kept(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (UUID, Decimal)):
        return str(value)
    if value is None or isinstance(value, (str, int)):
        return value
    raise TypeError(f"{field}: no export knows how to write a {type(value).__name__}")


def _from_json(field: models.Field[Any, Any], value: Any) -> Any:
    if value is None or isinstance(field, models.JSONField) or is_by_name(field):
        return value
    if isinstance(field, models.BinaryField):
        data = base64.b64decode(value, validate=True)
        return Sealed(data) if isinstance(field, SealedTextField) else data
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field.to_python(value)


def _as_kept(value: Any) -> Any:
    """A JSON value as both kinds of database give it back."""
    if isinstance(value, float):
        return int(value) if abs(value) >= _LONG else value + 0.0
    if isinstance(value, dict):
        return {key: _as_kept(one) for key, one in value.items()}
    return [_as_kept(one) for one in value] if isinstance(value, (list, tuple)) else value
