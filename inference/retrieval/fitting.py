"""Fitting the coefficients of `inference.retrieval.evidence` to questions of several communities: pure.

Logistic regression with a small penalty (ridge) by Newton's method. Questions to which a note is known weigh as much as
those to which none is; of the latter, half the weight lies on questions whose note was taken away, because these are
worded like the others, and who writes unknown questions on purpose words them otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

RIDGE = 0.3
"""Penalty on the square of a coefficient per standard deviation of its sign, beside a total weight of 200."""
_STEPS = 50


@dataclass(frozen=True)
class Asked:
    """One question: its signs, whether a note holds the answer, whether that note was taken `away`, and whether the
    answer would be `right` if it was given."""

    community: str
    signs: tuple[float, ...]
    known: bool
    away: bool = False
    right: bool = False


@dataclass(frozen=True)
class Fit:
    coefficients: tuple[float, ...]
    bound: float
    """What the sum must exceed for even odds."""

    def of(self, asked: Asked) -> float:
        """The logit, above 0 for an answer that is more likely than not."""
        return float(np.dot(self.coefficients, asked.signs)) - self.bound


@dataclass(frozen=True)
class Shares:
    """Right answers of the known, and "no note" of the unknown, at a bound of the logit."""

    bound: float
    right: float
    no_note: float


def fit(rows: Sequence[Asked]) -> Fit:
    """Raises ValueError where known or unknown questions are missing."""
    known = np.array([row.known for row in rows])
    if not known.any() or known.all():
        raise ValueError("There must be questions with a note and without one.")
    signs = np.array([row.signs for row in rows])
    middle, spread = signs.mean(axis=0), signs.std(axis=0)
    spread[spread == 0] = 1.0
    # (N, signs + 1): in standard deviations, and a column of ones for the bound.
    table = np.column_stack([(signs - middle) / spread, np.ones(len(rows))])
    penalty = np.diag([RIDGE] * signs.shape[1] + [1e-6])
    weights = _weights(rows)
    solution = np.zeros(table.shape[1])
    for _step in range(_STEPS):
        chance = 1 / (1 + np.exp(-table @ solution))
        slope = table.T @ (weights * (chance - known)) + penalty @ solution
        bend = (table.T * (weights * chance * (1 - chance))) @ table + penalty
        change = np.linalg.solve(bend, slope)
        solution -= change
        if np.abs(change).max() < 1e-8:
            break
    scaled = solution[:-1] / spread
    return Fit(tuple(map(float, scaled)), float(scaled @ middle - solution[-1]))


def judged(rows: Sequence[Asked]) -> list[tuple[Asked, float]]:
    """Each question with its logit by a fit to all communities but its own. Raises ValueError as `fit`, and for less
    than two communities."""
    communities = sorted({row.community for row in rows})
    found = []
    for left_out in communities:
        fitted = fit([row for row in rows if row.community != left_out])
        found += [(row, fitted.of(row)) for row in rows if row.community == left_out]
    return found


def balanced(judged_rows: Sequence[tuple[Asked, float]]) -> Shares:
    """The bound at which the smaller of both shares is largest; questions whose note was taken away do not count."""
    rows = [(row, logit) for row, logit in judged_rows if not row.away]
    known = sum(row.known for row, _logit in rows)
    unknown = len(rows) - known

    def at(bound: float) -> Shares:
        right = sum(row.right and logit > bound for row, logit in rows if row.known)
        silent = sum(logit <= bound for row, logit in rows if not row.known)
        return Shares(bound, right / known, silent / unknown)

    return max((at(step / 20) for step in range(-60, 61)), key=lambda each: (min(each.right, each.no_note), each.bound))


def _weights(rows: Sequence[Asked]) -> Floats:
    """100 for the known together, 100 for the others; with notes taken away, 50 for these and 50 for the rest."""
    kinds = [(row.known, row.away) for row in rows]
    both = (False, True) in kinds and (False, False) in kinds
    total = {(True, False): 100.0, (False, True): 50.0 if both else 100.0, (False, False): 50.0 if both else 100.0}
    return np.array([total[kind] / kinds.count(kind) for kind in kinds])
