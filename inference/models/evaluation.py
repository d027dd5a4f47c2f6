from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from inference.evaluation.figures import Figures
from inference.models.behaviour_version import BehaviourVersion
from knowledge.models import SetQuestion
from knowledge.question_split import Part


class EvaluationRun(models.Model):
    """One measurement of how well a behaviour answered the community's question set.

    `figures` holds the counts of each part of the set (`inference.evaluation.figures`), by the part's name. `limited`
    says that not all of the set was asked; such a run is no point of the chart. No answer is kept: what members may see
    changes, and a deleted note must not live on here.
    """

    behaviour = models.ForeignKey(BehaviourVersion, models.PROTECT, related_name="+")
    began_at = models.DateTimeField(_("begun"))
    ended_at = models.DateTimeField(_("ended"))
    limited = models.BooleanField(_("only some questions were asked"), default=False)
    by_meaning = models.BooleanField(_("notes were found by meaning too"))
    figures = models.JSONField()

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.pk} ({self.behaviour_id})"

    def figures_of(self, part: Part) -> Figures:
        """Zeros for a part that was not asked."""
        data = self.figures.get(part.value)
        return Figures.from_json(data) if data else Figures()

    @property
    def held_out(self) -> Figures:
        return self.figures_of(Part.HOLD_OUT)

    @property
    def learn(self) -> Figures:
        return self.figures_of(Part.LEARN)


class EvaluationOutcome(models.Model):
    """How one question went in one evaluation; `without` is empty where it was not asked without knowledge.

    `held`: a note held an accepted answer, and could be quoted to who asked.
    """

    class Outcome(models.TextChoices):
        """Those of `inference.evaluation.scoring`, as they are shown."""

        RIGHT = "right", _("Right")
        WRONG = "wrong", _("Wrong")
        NO_NOTE = "no_note", _("“We have no note on that”")
        FAILED = "failed", _("No answer")

    run = models.ForeignKey(EvaluationRun, models.CASCADE, related_name="outcomes")
    question = models.ForeignKey(SetQuestion, models.CASCADE, related_name="+")
    held = models.BooleanField()
    with_knowledge = models.CharField(max_length=7, choices=Outcome.choices)
    without = models.CharField(max_length=7, choices=Outcome.choices, blank=True)

    class Meta:
        verbose_name = _("outcome of an evaluation")
        verbose_name_plural = _("outcomes of evaluations")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["run", "question"], name="one_outcome_of_a_question")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.question_id} {self.with_knowledge}"

    @property
    def good(self) -> bool:
        """Whether it went as it should, with knowledge."""
        wanted = self.Outcome.NO_NOTE if self.question.unanswerable else self.Outcome.RIGHT
        return self.with_knowledge == wanted
