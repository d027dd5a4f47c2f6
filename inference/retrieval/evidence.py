"""How much speaks for a passage as the answer, or for having no note on what was asked: pure.

A logistic score over three signs, so that it can be read and fitted again (`manage.py fit_evidence`,
docs/evaluation.md): each sign has one coefficient, and more of a sign never speaks less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import fmean

from inference.retrieval.fusion import gate
from inference.retrieval.retrieve import Found

# Its rivals: candidates from the sixth to the fifteenth place are hardly ever about the same.
_RIVALS = slice(5, 15)
_MOST_STANDING_OUT = 0.3
# Coverages by the best sentence of all between which a question begins to share words with what was found. Where it
# shares none it is probably asked in another language: cosines are lower then, and what is not named says nothing.
_SHARES_WORDS = (0.1, 0.3)
_OTHER_LANGUAGE = 0.05
# What is usual where there are too few rivals to know: two cosines of unrelated texts in this embedding with a little
# for chance words, and the share of a question that is named somewhere.
_FEW_RIVALS = 5
_UNRELATED = 1.60
_NAMED = 0.75


@dataclass(frozen=True, slots=True)
class Evidence:
    """The signs for one passage: `meaning` is the sum of its two cosines, `standing_out` its score less that of usual
    rivals, and `named` the share of the question that stands in any candidate, 1 where that says nothing."""

    meaning: float
    standing_out: float
    named: float


NAMES = tuple(field.name for field in fields(Evidence))

COEFFICIENTS = Evidence(meaning=19.53, standing_out=20.62, named=5.75)
BOUND = 39.64


def evidence(best: Found, found: Sequence[Found]) -> Evidence:
    """The signs for `best`, which has a vector, among all that was found."""
    scores = sorted((each.answers for each in found if each is not best), reverse=True)
    rivals = scores[_RIVALS.start - 1 : _RIVALS.stop - 1]
    few = len(rivals) < _FEW_RIVALS
    near = best.signs.near or 0.0
    shared = gate(max(each.signs.sentence_covered for each in found), _SHARES_WORDS)
    return Evidence(
        meaning=near
        + (near if best.signs.sentence_near is None else best.signs.sentence_near)
        + _OTHER_LANGUAGE * (1 - shared),
        standing_out=min(_MOST_STANDING_OUT, best.answers - (_UNRELATED if few else fmean(rivals))),
        named=1 - shared * (1 - (max(_NAMED, best.signs.anywhere) if few else best.signs.anywhere)),
    )


def in_favour(signs: Evidence) -> float:
    """The logit that the passage answers, less the bound: above 0 it is taken for the answer."""
    return sum(getattr(COEFFICIENTS, name) * getattr(signs, name) for name in NAMES) - BOUND
