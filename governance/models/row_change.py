"""The field-level history of governed rows, kept by django-auditlog in a table of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from auditlog.models import AbstractLogEntry, LogEntryManager
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from community_ai.core.clock import now

_witness: Callable[[RowChange], None] | None = None


def register_witness(witness: Callable[[RowChange], None]) -> None:
    """Have every new row change told to `witness`, in the transaction that writes it."""
    global _witness
    _witness = witness


class RowChangeManager(LogEntryManager):
    def log_create(self, instance: models.Model, force_log: bool = False, **kwargs: Any) -> RowChange | None:
        """What django-auditlog calls for each change: no name of a person is kept, and the record gets to know it."""
        kwargs["object_repr"] = f"{instance._meta.label_lower}:{instance.pk}"
        kwargs.setdefault("timestamp", now())
        with transaction.atomic():
            change: RowChange | None = super().log_create(instance, force_log=force_log, **kwargs)
            if change is not None and _witness is not None:
                _witness(change)
        return change


class RowChange(AbstractLogEntry):
    """One row of a governed table was created, changed or deleted: which fields, from what to what, by whom.

    Append-only. Which models and fields are followed stands in `governance.services.row_history`; none of them holds
    personal text, and the columns for addresses of people and of computers stay empty.
    """

    objects = RowChangeManager()

    class Meta(AbstractLogEntry.Meta):
        verbose_name = _("change of a row")
        verbose_name_plural = _("changes of rows")

    def __str__(self) -> str:
        return self.object_repr
