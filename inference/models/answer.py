from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from community_ai.core.states import StateTable
from consent.models import KeptFor, PersonalRow
from inference.models.behaviour_version import BehaviourVersion
from inference.models.conversation import kept_since
from inference.models.message import Message


class AnswerState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    WRITING = "writing", _("Writing")
    DONE = "done", _("Finished")
    STOPPED = "stopped", _("Stopped by you")
    INTERRUPTED = "interrupted", _("Interrupted")
    FAILED = "failed", _("Failed")


ANSWER_STATES = StateTable(
    AnswerState,
    initial=AnswerState.QUEUED,
    moves={
        AnswerState.QUEUED: {
            AnswerState.WRITING,
            AnswerState.STOPPED,
            AnswerState.INTERRUPTED,
            AnswerState.FAILED,
        },
        AnswerState.WRITING: {
            AnswerState.DONE,
            AnswerState.STOPPED,
            AnswerState.INTERRUPTED,
            AnswerState.FAILED,
        },
    },
)


class Answer(PersonalRow):
    """How an AI message came to be: its state, the behaviour version and model file that made it, and its timings.

    The message's text is what has been written so far; only `inference.services.answers` moves the state.
    """

    KEPT_FOR: ClassVar[KeptFor | None] = kept_since("message__conversation__active_at")

    message = models.OneToOneField(Message, models.CASCADE, related_name="answer")
    state = models.CharField(max_length=11, choices=AnswerState.choices, default=AnswerState.QUEUED, db_index=True)
    behaviour = models.ForeignKey(BehaviourVersion, models.PROTECT, related_name="answers")
    model_sha256 = models.CharField(max_length=64, blank=True)
    # Why it ended, as a code of `inference.engine.engine`, with figures for the sentence that the page shows.
    reason = models.CharField(max_length=24, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    stop_requested = models.BooleanField(default=False)
    queued_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    prompt_tokens = models.PositiveIntegerField(default=0)
    answer_tokens = models.PositiveIntegerField(default=0)
    first_token_ms = models.PositiveIntegerField(default=0)
    total_ms = models.PositiveIntegerField(default=0)
    # How many of the facts that the member lets the AI remember the model read for it.
    remembered = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        indexes = [models.Index(fields=["state", "queued_at"], name="answer_open_first")]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"
