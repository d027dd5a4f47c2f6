"""What the outcomes of an evaluation add up to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from inference.evaluation.scoring import Outcome


@dataclass(frozen=True)
class Asked:
    """How one question went. `answerable`: it has accepted answers. `held`: a note holds one of them, and may be quoted
    to who asked. `without` is None where it was not asked without knowledge."""

    answerable: bool
    held: bool
    with_knowledge: Outcome
    without: Outcome | None = None


@dataclass(frozen=True)
class Count:
    """`right` of `asked`."""

    right: int = 0
    asked: int = 0

    @property
    def share(self) -> float | None:
        """From 0 to 1; None when nothing was asked."""
        return self.right / self.asked if self.asked else None

    @property
    def per_cent(self) -> int | None:
        """The share in whole per cent, rounded down: what does not reach a goal does not show it."""
        return 100 * self.right // self.asked if self.asked else None


@dataclass(frozen=True)
class Figures:
    """The counts that a run is told by.

    `held`: questions to which a note holds the answer, answered rightly with knowledge. `answerable`: all that have an
    answer, with or without such a note. `unknown`: questions to which there is no note, of which it was said so.
    `without`: the answerable ones, asked without any knowledge. `missed`: answerable ones to which it was said that
    there is no note.
    """

    held: Count = Count()
    answerable: Count = Count()
    unknown: Count = Count()
    without: Count = Count()
    missed: Count = Count()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Figures:
        """Raises KeyError, TypeError for what is not the form of `to_json`."""
        return cls(**{field.name: Count(**data[field.name]) for field in fields(cls)})


def figures_of(asked: Iterable[Asked]) -> Figures:
    rows = list(asked)
    answerable = [row for row in rows if row.answerable]
    return Figures(
        held=_count(row.with_knowledge is Outcome.RIGHT for row in answerable if row.held),
        answerable=_count(row.with_knowledge is Outcome.RIGHT for row in answerable),
        unknown=_count(row.with_knowledge is Outcome.NO_NOTE for row in rows if not row.answerable),
        without=_count(row.without is Outcome.RIGHT for row in answerable if row.without is not None),
        missed=_count(row.with_knowledge is Outcome.NO_NOTE for row in answerable),
    )


def _count(rights: Iterable[bool]) -> Count:
    values = list(rights)
    return Count(sum(values), len(values))
