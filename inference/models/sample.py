from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

MAX_QUESTION_CHARACTERS = 300


class SampleQuestionQuerySet(models.QuerySet["SampleQuestion"]):
    def in_use(self) -> SampleQuestionQuerySet:
        return self.filter(ended_at=None)


class SampleQuestion(models.Model):
    """A question of the community by which it judges a proposed behaviour: asked of both versions, side by side."""

    text = models.CharField(_("question"), max_length=MAX_QUESTION_CHARACTERS)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SampleQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("sample question")
        verbose_name_plural = _("sample questions")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text


class SampleAnswer(models.Model):
    """What one behaviour answers to one sample question. Shared by all proposals about that behaviour.

    Whoever writes it takes the row first (`asked_at` is the beginning of the lease); `answered_at` says that `text` is
    whole.
    """

    question = models.ForeignKey(SampleQuestion, models.CASCADE, related_name="answers")
    behaviour_sha256 = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    text = models.TextField(blank=True)
    # Cut at the longest length of a sample, which is shorter than an answer's.
    cut = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("sample answer")
        verbose_name_plural = _("sample answers")
        constraints = [
            models.UniqueConstraint(fields=["question", "behaviour_sha256"], name="one_sample_answer_of_a_behaviour")
        ]

    def __str__(self) -> str:
        return f"{self.question_id} {self.behaviour_sha256[:12]}"
