from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.fields import SealedTextField
from consent.models import KeptFor, PersonalRow
from inference.models.answer import Answer
from inference.models.conversation import kept_since
from knowledge.models import Entry


class Lookup(PersonalRow):
    """That the community's knowledge was looked into for an answer, and what came of it."""

    class Outcome(models.TextChoices):
        FREE = "free", _("The AI answered by itself")
        READ = "read", _("The AI read our notes")
        QUOTE = "quote", _("Our notes answered")
        NOTHING = "nothing", _("We have no note on that")

    KEPT_FOR: ClassVar[KeptFor | None] = kept_since("answer__message__conversation__active_at")

    answer = models.OneToOneField(Answer, models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=7, choices=Outcome.choices)

    class Meta:
        verbose_name = _("look into our knowledge")
        verbose_name_plural = _("looks into our knowledge")

    def __str__(self) -> str:
        return f"{self.answer_id} {self.outcome}"


class Citation(PersonalRow):
    """A passage that an answer stands on, as it was then; `number` is the one in the answer, from 1.

    It goes with its entry. Who may look at it is decided when it is shown (`inference.services.citations`).
    """

    KEPT_FOR: ClassVar[KeptFor | None] = kept_since("lookup__answer__message__conversation__active_at")

    lookup = models.ForeignKey(Lookup, models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField()
    entry = models.ForeignKey(Entry, models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    text = SealedTextField(_("text"))

    class Meta:
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        ordering = ["lookup", "number"]
        constraints = [models.UniqueConstraint(fields=["lookup", "number"], name="one_citation_of_a_number")]

    def __str__(self) -> str:
        return f"{self.lookup_id} [{self.number}]"
