"""Where the lines of the evaluation's chart run: pure geometry, drawn by a template as SVG.

Runs stand side by side at even distances, the oldest first; shares run from 0 at the bottom to 100 per cent at the top.
Lines differ by their marks and dashes too, never by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 360, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 14, 12, 30
GRID = (0, 20, 40, 60, 80, 100)


@dataclass(frozen=True)
class Spot:
    """A measured value: where it stands, and what it says."""

    x: float
    y: float
    label: str
    per_cent: int


@dataclass(frozen=True)
class Line:
    """One measure over time; `key` names its style. `path` joins its spots, and is empty for a single one."""

    key: str
    name: str
    spots: tuple[Spot, ...]
    path: str


@dataclass(frozen=True)
class Rule:
    """A line of the grid with the share that it stands for."""

    y: float
    per_cent: int


@dataclass(frozen=True)
class Chart:
    lines: tuple[Line, ...]
    grid: tuple[Rule, ...]
    labels: tuple[tuple[float, str], ...]
    """The first and the last run's label, with its place from the left."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM


def chart(labels: Sequence[str], series: Sequence[tuple[str, str, Sequence[int | None]]]) -> Chart:
    """The chart of `series`, each a key, a name and one value in per cent for each label (None: not measured).

    Raises ValueError for values outside 0 to 100, and for series of another length than the labels.
    """
    places = [_x(number, len(labels)) for number in range(len(labels))]
    lines = []
    for key, name, values in series:
        if len(values) != len(labels):
            raise ValueError(f"{key}: {len(values)} values for {len(labels)} labels")
        spots = tuple(
            Spot(x, _y(value), label, value)
            for x, value, label in zip(places, values, labels, strict=True)
            if value is not None
        )
        path = "M" + " L".join(f"{spot.x:g} {spot.y:g}" for spot in spots) if len(spots) > 1 else ""
        lines.append(Line(key, name, spots, path))
    ends = dict.fromkeys([0, len(labels) - 1]) if labels else {}
    return Chart(
        lines=tuple(lines),
        grid=tuple(Rule(_y(share), share) for share in GRID),
        labels=tuple((places[place], labels[place]) for place in ends),
    )


def _x(number: int, count: int) -> float:
    room = WIDTH - _LEFT - _RIGHT
    return round(_LEFT + (room / 2 if count == 1 else room * number / (count - 1)), 1)


def _y(per_cent: int) -> float:
    if not 0 <= per_cent <= 100:
        raise ValueError(f"not a share: {per_cent} per cent")
    return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (100 - per_cent) / 100, 1)
