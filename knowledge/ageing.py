"""What ages in this room: what came to an end and is there for its member only."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from consent.access import in_service
from consent.retention import Ageing, register_ageing
from knowledge.models import Correction, CorrectionState, ImportBatch, OpenQuestion, QuestionState
from knowledge.models.import_batch import OVER


def register_ageings() -> None:
    """Called once, when the apps are ready."""
    register_ageing(
        Ageing(
            key="imports",
            name=_("Imports that are over"),
            rule=lambda days: (
                ngettext(
                    "What is noted about an import is deleted %(days)s day after its end; the entries stay",
                    "What is noted about an import is deleted %(days)s days after its end; the entries stay",
                    days,
                )
                % {"days": days}
            ),
            default=365,
            least=30,
            most=3650,
            holding="imports",
            rows=lambda before: in_service(ImportBatch).filter(state__in=OVER, changed_at__lt=before),
        )
    )
    register_ageing(
        Ageing(
            key="corrections",
            name=_("Corrections that were not taken"),
            rule=lambda days: (
                ngettext(
                    "Corrections that were not taken are deleted %(days)s day after a teacher looked at them",
                    "Corrections that were not taken are deleted %(days)s days after a teacher looked at them",
                    days,
                )
                % {"days": days}
            ),
            default=365,
            least=30,
            most=3650,
            holding="corrections",
            rows=lambda before: in_service(Correction).filter(_declined(before)),
        )
    )
    register_ageing(
        Ageing(
            key="questions",
            name=_("Questions to teachers that are closed"),
            rule=lambda days: (
                ngettext(
                    "Questions to those who teach are deleted %(days)s day after they were answered or closed",
                    "Questions to those who teach are deleted %(days)s days after they were answered or closed",
                    days,
                )
                % {"days": days}
            ),
            default=365,
            least=30,
            most=3650,
            holding="open_questions",
            rows=lambda before: in_service(OpenQuestion).filter(
                state__in=(QuestionState.ANSWERED, QuestionState.CLOSED), ended_at__lt=before
            ),
        )
    )


def _declined(before: object) -> Q:
    return Q(state=CorrectionState.DECLINED, reviewed_at__lt=before)
