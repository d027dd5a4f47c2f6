from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.languages import LANGUAGE_LENGTH
from knowledge.question_split import Part, part_of

QUESTION_LENGTH = 500
ANSWER_LENGTH = 200
MAX_ANSWERS = 20


class SetQuestionQuerySet(models.QuerySet["SetQuestion"]):
    def in_use(self) -> SetQuestionQuerySet:
        return self.filter(ended_at=None)


class SetQuestion(models.Model):
    """A question of the community's set, by which it measures how well its AI answers.

    `answers` are the accepted ones: one of them must stand in the answer. Without any, nobody has a note on it, and the
    right answer is to say so. With one of `wrong` in it an answer is wrong whatever else it says. `entry` is where the
    answer stands: who may not see that entry does not see the question either, and it goes with the entry.
    Which part it belongs to follows from its words alone (`knowledge.question_split`).
    """

    text = models.CharField(_("question"), max_length=QUESTION_LENGTH)
    digest = models.CharField(max_length=64, editable=False)
    language = models.CharField(_("language"), max_length=LANGUAGE_LENGTH)
    answers = models.JSONField(_("accepted answers"), default=list)
    wrong = models.JSONField(_("wrong answers"), default=list)
    entry = models.ForeignKey("knowledge.Entry", models.CASCADE, null=True, blank=True, related_name="+")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(_("added"))
    ended_at = models.DateTimeField(_("removed"), null=True, blank=True)

    objects = SetQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question of the set")
        verbose_name_plural = _("questions of the set")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["digest"], condition=models.Q(ended_at=None), name="one_question_of_the_set_in_use"
            )
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def unanswerable(self) -> bool:
        """Whether the right answer is that the community has no note on it."""
        return not self.answers

    @property
    def part(self) -> Part:
        return part_of(self.text)

    @property
    def held_out(self) -> bool:
        return self.part is Part.HOLD_OUT
