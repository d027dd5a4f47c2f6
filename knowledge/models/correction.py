from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from community_ai.core.states import StateTable
from consent.fields import SealedTextField
from consent.models import PersonalRow
from governance.permissions import Permission


class Verdict(models.TextChoices):
    RIGHT = "right", _("That's right")
    NOT_QUITE = "not_quite", _("Not quite")
    DIFFERENT = "different", _("We say it differently")


class Matter(models.TextChoices):
    FACT = "fact", _("A fact")
    WORDING = "wording", _("The words")
    MANNER = "manner", _("The manner")


class CorrectionState(models.TextChoices):
    SUBMITTED = "submitted", _("Waits for a teacher")
    KNOWLEDGE = "knowledge", _("Part of our knowledge")
    EXAMPLE = "example", _("An example to learn from")
    PROPOSAL = "proposal", _("A matter for a proposal")
    DECLINED = "declined", _("Not taken")
    WITHDRAWN = "withdrawn", _("Taken back")


_REVIEWED = (CorrectionState.KNOWLEDGE, CorrectionState.EXAMPLE, CorrectionState.PROPOSAL, CorrectionState.DECLINED)

CORRECTION_STATES = StateTable(
    CorrectionState,
    initial=CorrectionState.SUBMITTED,
    moves={
        CorrectionState.SUBMITTED: {*_REVIEWED, CorrectionState.WITHDRAWN},
        # What was taught stays its member's: it can be taken back whatever became of it, and taught anew.
        **{state: {CorrectionState.WITHDRAWN} for state in _REVIEWED},
        CorrectionState.WITHDRAWN: {CorrectionState.SUBMITTED},
    },
)


class Correction(PersonalRow):
    """What a member says about one answer of the AI, and what became of it: one row for each member and answer.

    It holds its own copy of question and answer, because the member hands these in and nothing else of the
    conversation. `answer_id` is known to the room above only. `number` counts the wordings: a teacher decides about the
    one that they read. `accepted` is the answer as a teacher accepted it for training. Taken back, all texts are empty.
    """

    # Who may read it, and while it is in which state: see `consent.access.handed_in`.
    REVIEWED_BY: ClassVar[Permission] = Permission.TEACH
    HANDED_IN: ClassVar[tuple[CorrectionState, ...]] = (CorrectionState.SUBMITTED, CorrectionState.PROPOSAL)

    answer_id = models.UUIDField(editable=False)
    behaviour = models.PositiveIntegerField(_("behaviour version"))
    question = SealedTextField(_("question"))
    answer = SealedTextField(_("answer of the AI"))
    verdict = models.CharField(max_length=9, choices=Verdict.choices)
    matter = models.CharField(_("what it is about"), max_length=7, choices=Matter.choices, blank=True)
    better = SealedTextField(_("better answer"))
    comment = SealedTextField(_("comment"))
    with_name = models.BooleanField(_("with the member's name"))
    may_train = models.BooleanField(_("the AI may learn from it"))
    number = models.PositiveIntegerField(default=1)
    submitted_at = models.DateTimeField(_("taught"))
    state = models.CharField(max_length=9, choices=CorrectionState.choices, default=CorrectionState.SUBMITTED)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("reviewer")
    )
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)
    reason = SealedTextField(_("reason"))
    accepted = SealedTextField(_("accepted answer"))
    entry = models.ForeignKey("knowledge.Entry", models.SET_NULL, null=True, blank=True, related_name="+")
    # When the member said that they have read what became of it.
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["submitted_at", "pk"]
        indexes = [models.Index(fields=["state", "submitted_at"], name="correction_oldest_first")]
        constraints = [
            models.UniqueConstraint(fields=["member", "answer_id"], name="one_correction_of_an_answer"),
            models.CheckConstraint(
                condition=models.Q(verdict=Verdict.RIGHT, matter="")
                | ~models.Q(verdict=Verdict.RIGHT) & ~models.Q(matter=""),
                name="corrections_are_about_something",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
