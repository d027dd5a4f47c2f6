from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from community_ai.core.states import StateTable
from consent.fields import SealedTextField
from consent.models import PersonalRow
from governance.permissions import Permission


class QuestionState(models.TextChoices):
    OPEN = "open", _("Waits for an answer")
    ANSWERED = "answered", _("Answered")
    CLOSED = "closed", _("Closed")
    WITHDRAWN = "withdrawn", _("Taken back")


QUESTION_STATES = StateTable(
    QuestionState,
    initial=QuestionState.OPEN,
    moves={
        QuestionState.OPEN: {QuestionState.ANSWERED, QuestionState.CLOSED, QuestionState.WITHDRAWN},
        QuestionState.ANSWERED: {QuestionState.WITHDRAWN},
        QuestionState.CLOSED: {QuestionState.WITHDRAWN},
    },
)


class OpenQuestion(PersonalRow):
    """A question to which the community had no note, and which a member asked those who teach.

    They read it while it is open. `entry` is what answers it. Taken back, its texts are empty.
    """

    # Who may read it, and while it is in which state: see `consent.access.handed_in`.
    REVIEWED_BY: ClassVar[Permission] = Permission.TEACH
    HANDED_IN: ClassVar[tuple[QuestionState, ...]] = (QuestionState.OPEN,)

    text = SealedTextField(_("question"))
    with_name = models.BooleanField(_("with the member's name"))
    asked_at = models.DateTimeField(_("asked"))
    state = models.CharField(max_length=9, choices=QuestionState.choices, default=QuestionState.OPEN)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(_("answered"), null=True, blank=True)
    reason = SealedTextField(_("reason"))
    entry = models.ForeignKey("knowledge.Entry", models.SET_NULL, null=True, blank=True, related_name="+")
    # When the member said that they have read what became of it.
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("question without an answer")
        verbose_name_plural = _("questions without an answer")
        ordering = ["asked_at", "pk"]
        indexes = [models.Index(fields=["state", "asked_at"], name="question_oldest_first")]

    def __str__(self) -> str:
        return str(self.pk)
