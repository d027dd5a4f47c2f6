"""Sealing anew what a member's older key sealed: every sealed field of every table, and every sealed file.

Nothing here knows the tables: they are found by their fields. A value is replaced only where it is still the one that
was read (compare-and-swap), so what a member writes meanwhile stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models.functions import Substr

from consent.access import in_service
from consent.fields import Sealed, SealedTextField
from consent.models import PersonalRow
from consent.sealed_files import sealed_files
from consent.sealing import SealError, head_of, seal, unseal
from consent.services.personal_keys import DataKey

BATCH = 200


@dataclass
class Resealed:
    """How many values and files were sealed anew, and how many values do not open with their own key."""

    values: int = 0
    files: int = 0
    damaged: int = 0


def sealed_fields() -> Iterator[tuple[type[PersonalRow], SealedTextField]]:
    """Every sealed field of every table about a person."""
    for model in apps.get_models():
        if issubclass(model, PersonalRow):
            yield from ((model, field) for field in model._meta.local_fields if isinstance(field, SealedTextField))


def reseal(*, member_id: int, old: DataKey, new: DataKey) -> Resealed:
    """Everything of this member that `old` sealed is sealed with `new`, in short transactions."""
    done = Resealed()
    for model, field in sealed_fields():
        _reseal_field(model, field, member_id=member_id, old=old, new=new, done=done)
    done.files = sum(files(member_id, old, new) for _name, files in sealed_files())
    return done


def is_needed(*, member_id: int, old: DataKey, new: DataKey) -> bool:
    """Whether any value or file still needs the old key; files are sealed anew by looking."""
    return any(
        _sealed_with(old, model, field, member_id=member_id).exists() for model, field in sealed_fields()
    ) or any(files(member_id, old, new) for _name, files in sealed_files())


def hold_still() -> None:
    """Inside a transaction: wait until nobody writes a sealed value, and let nobody begin. SQLite's transactions do so
    by themselves; on PostgreSQL raises OperationalError when somebody writes for longer than five seconds."""
    if connection.vendor == "postgresql":
        tables = sorted({connection.ops.quote_name(model._meta.db_table) for model, _field in sealed_fields()})
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            cursor.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE MODE")


def _reseal_field(
    model: type[PersonalRow], field: SealedTextField, *, member_id: int, old: DataKey, new: DataKey, done: Resealed
) -> None:
    waiting = _sealed_with(old, model, field, member_id=member_id).order_by("pk").values_list("pk", field.attname)
    after = None
    while batch := list((waiting if after is None else waiting.filter(pk__gt=after))[:BATCH]):
        after = batch[-1][0]
        with transaction.atomic():
            for pk, value in batch:
                row = model(id=pk, member_id=member_id)
                try:
                    plain = unseal(value, key=old.secret, place=field.place_of(row, old.version))
                except SealError:
                    done.damaged += 1
                    continue
                place = field.place_of(row, new.version)
                fresh = Sealed(seal(plain, key=new.secret, key_version=new.version, place=place))
                rows = in_service(model).filter(pk=pk, **{field.attname: value})
                done.values += rows.update(**{field.attname: fresh})


def _sealed_with(
    key: DataKey, model: type[PersonalRow], field: SealedTextField, *, member_id: int
) -> models.QuerySet[PersonalRow]:
    head = head_of(key.version)
    begins = Substr(field.attname, 1, len(head), output_field=models.BinaryField())
    return in_service(model).filter(member_id=member_id).alias(begins=begins).filter(begins=head)
