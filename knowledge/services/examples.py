"""What the AI may be trained with beside entries: answers that members taught and teachers accepted."""

from __future__ import annotations

from django.db.models import QuerySet

from consent.access import for_purpose
from consent.purposes import Purpose
from knowledge.models import Correction, CorrectionState


def learnable() -> QuerySet[Correction]:
    """The accepted examples whose member said of each that the AI may learn from it, and agrees to training now."""
    rows = for_purpose(Correction, purpose=Purpose.TRAINING)
    return rows.filter(state=CorrectionState.EXAMPLE, may_train=True)
