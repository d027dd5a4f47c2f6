"""The record: a row for each entry of the Merkle tree, with what is private kept beside it.

Entries and checkpoints are append-only (triggers of migration 0002). Only `governance.services.audit` writes here.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.audit.merkle import Frontier


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def of_person(self, pseudonym: str) -> AuditEntryQuerySet:
        """What a person did, and what was about them: a pseudonym is long and random, so it stands nowhere else."""
        return self.filter(leaf__contains=pseudonym)

    def between(self, *, since: datetime | None = None, until: datetime | None = None) -> AuditEntryQuerySet:
        """What happened from `since` on and before `until`."""
        found = self
        if since is not None:
            found = found.filter(happened_at__gte=since)
        if until is not None:
            found = found.filter(happened_at__lt=until)
        return found


class AuditEntry(models.Model):
    """One thing that happened. `index` counts from 0 without gaps; `leaf` is canonical JSON and the only truth.

    The other columns repeat what the leaf says, for searching; `verify_audit` compares them. `actor` is the person
    behind the leaf's pseudonym, and becomes empty when that person is erased.
    """

    index = models.BigIntegerField(_("number"), primary_key=True)
    kind = models.CharField(_("kind"), max_length=60, db_index=True)
    happened_at = models.DateTimeField(_("when"), db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )
    leaf = models.TextField()
    leaf_hash = models.CharField(max_length=64)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of the record")
        verbose_name_plural = _("entries of the record")
        ordering = ["index"]

    def __str__(self) -> str:
        return f"{self.index} {self.kind}"

    @property
    def said(self) -> dict[str, Any]:
        """The members of the leaf (see governance.audit.leaf)."""
        value: dict[str, Any] = json.loads(self.leaf)
        return value


class AuditPrivate(models.Model):
    """The private part of an entry, and the salt that binds it to the leaf. Erasing deletes the row."""

    entry = models.OneToOneField(AuditEntry, models.PROTECT, primary_key=True, related_name="private")
    salt = models.CharField(max_length=64)
    payload = models.TextField()

    class Meta:
        verbose_name = _("private part of an entry")
        verbose_name_plural = _("private parts of entries")

    def __str__(self) -> str:
        return str(self.entry_id)

    @property
    def said(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.payload)
        return value


class AuditPseudonym(models.Model):
    """How the record names a member, and the salt that proves it. It goes with the member: nobody can tell then."""

    member = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="pseudonym")
    salt = models.CharField(max_length=64)
    name = models.CharField(max_length=60, unique=True)

    class Meta:
        verbose_name = _("pseudonym")
        verbose_name_plural = _("pseudonyms")

    def __str__(self) -> str:
        return self.name


class AuditFrontier(models.Model):
    """The right edge of the tree, in the one row whose lock puts all writers in a line."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    size = models.BigIntegerField(default=0)
    peaks = models.TextField(default="")

    class Meta:
        verbose_name = _("edge of the record")
        verbose_name_plural = _("edges of the record")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="only_one_frontier")]

    def __str__(self) -> str:
        return str(self.size)

    @property
    def frontier(self) -> Frontier:
        """Raises ValueError when the row was bent."""
        return Frontier(self.size, tuple(bytes.fromhex(peak) for peak in self.peaks.split()))


class AuditCheckpoint(models.Model):
    """A signed tree head. There is one root for each size, for ever."""

    size = models.BigIntegerField(_("entries"), unique=True)
    root = models.CharField(max_length=64)
    note = models.TextField()
    made_at = models.DateTimeField(_("made"))

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ["-size"]
        get_latest_by = "size"

    def __str__(self) -> str:
        return f"{self.size} {self.made_at:%Y-%m-%d %H:%M}"
