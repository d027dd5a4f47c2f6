from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from consent.models.personal_row import PersonalRow
from consent.purposes import WORDINGS, Purpose, Way


class ShownText(models.Model):
    """The very words about a purpose that some member read, kept once and for good. Append-only; about nobody.

    `words` is what `consent.purposes.words` gave, `sha256` its digest.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    version = models.PositiveIntegerField(_("version of the text"))
    language = models.CharField(_("language"), max_length=16)
    words = models.JSONField(_("words"))

    class Meta:
        verbose_name = _("text of a purpose")
        verbose_name_plural = _("texts of purposes")

    def __str__(self) -> str:
        return f"{self.purpose} v{self.version} {self.language}"


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_force(self, *purposes: Purpose) -> GrantQuerySet:
        """Those that count now: the newest event of their member and purpose, given, for the present text."""
        present = Q(pk__in=[])
        for purpose in purposes:
            present |= Q(purpose=purpose.value, version=WORDINGS[purpose].version)
        later = Grant.objects.filter(
            purpose=OuterRef("purpose"), member=OuterRef("member"), number__gt=OuterRef("number")
        ).order_by()
        return self.filter(present, ~Exists(later), event=Grant.Event.GIVEN)


class Grant(PersonalRow):
    """That a member gave or withdrew their agreement to one purpose: an event, never changed, gone with its member.

    Events of a member and purpose are numbered from 1, so that of two pages that act at once only one writes the next.
    `version` is the text's: an agreement to another version than the present one is no agreement
    (`GrantQuerySet.in_force`). A withdrawal names the text of what it ends.
    """

    class Event(models.TextChoices):
        GIVEN = "given", _("Given")
        WITHDRAWN = "withdrawn", _("Taken back")

    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    number = models.PositiveIntegerField()
    event = models.CharField(max_length=9, choices=Event.choices)
    version = models.PositiveIntegerField(_("version of the text"))
    shown = models.ForeignKey(ShownText, models.PROTECT, related_name="+")
    way = models.CharField(max_length=16, choices=Way.choices)
    happened_at = models.DateTimeField()

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["happened_at", "number"]
        constraints = [
            # In this order it is also the index by which a purpose's members are found.
            models.UniqueConstraint(fields=["purpose", "member", "number"], name="one_grant_of_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.number} {self.event}"
