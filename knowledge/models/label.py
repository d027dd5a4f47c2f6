from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from knowledge.rules_of_use import Credit, Terms

NAME_LENGTH = 80
TEXT_LENGTH = 2000


class Label(models.Model):
    """A label of use, by its short name. What it is called and what it says stands in its versions. Append-only."""

    key = models.SlugField(_("short name"), max_length=50, unique=True)

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.key


class LabelVersion(models.Model):
    """One version of what a label says. Append-only: triggers refuse changes and deletions.

    The first version may come with the software; every other one is the effect of a decision. A row without the node's
    seal is never used (`services.labels`). An `ended` label is put on nothing any more, and still binds where it hangs.
    """

    label = models.ForeignKey(Label, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(_("version"))
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    text = models.TextField(_("text"), max_length=TEXT_LENGTH)
    # The same, spoken.
    audio_note = models.ForeignKey(
        "knowledge.AudioNote", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("audio note")
    )
    see_roles = models.JSONField(_("who may see it"))
    season = models.JSONField(_("when it may be seen"), null=True)
    quote = models.BooleanField(_("the AI may quote it"))
    learn = models.BooleanField(_("the AI may learn from it"))
    share = models.BooleanField(_("a neighbour may have it"))
    credit = models.CharField(_("how it is credited"), max_length=16, choices=[(c.value, c.value) for c in Credit])
    ended = models.BooleanField(_("ended"), default=False)
    made_at = models.DateTimeField(_("in force since"))
    decision = models.ForeignKey("governance.Decision", models.PROTECT, null=True, blank=True, related_name="+")
    seal = models.CharField(max_length=128, editable=False)

    class Meta:
        verbose_name = _("version of a label")
        verbose_name_plural = _("versions of labels")
        ordering = ["label", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["label", "number"], name="one_label_version_of_a_number"),
            models.CheckConstraint(
                condition=models.Q(number=1) | models.Q(number__gt=1, decision__isnull=False),
                name="later_labels_have_decisions",
            ),
        ]

    def __str__(self) -> str:
        """Its name; names of labels that came with the software are translated where they are shown."""
        return gettext(self.name)

    def terms_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in Terms.__dataclass_fields__}

    @property
    def terms(self) -> Terms:
        """What it allows. Raises InvalidTerms for a row that was tampered with."""
        return Terms.from_json(self.terms_json())
