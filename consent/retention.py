"""What ages: kinds of data that are deleted after a number of days, which the community votes.

Rooms register each kind in `ready()`: below which default and within which bounds, how it is told, and which rows are
over. What is deleted goes the way that a member's own wish goes (`consent.services.retention`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise

Text = str | Promise
# Rows about people that are over because nothing happened to them since that moment.
Rows = Callable[[datetime], Any]
# Deletes what is older than that day, and says how much went.
Sweep = Callable[[date], int]


@dataclass(frozen=True)
class Ageing:
    """One kind of data that ages.

    `rule(days)` is the rule in words. Either `rows` and `holding` (the key of a `core.holdings.Holding` whose pieces
    can be erased by their keys), or `sweep` for what is in no table. `ledger`: whether the ledger of erasures is told,
    so that an older backup does not bring it back even if the community keeps such things longer by then.
    """

    key: str
    name: Text
    rule: Callable[[int], Text]
    default: int
    least: int
    most: int
    holding: str = ""
    rows: Rows | None = None
    sweep: Sweep | None = None
    ledger: bool = True


class UnknownAgeing(LookupError):
    """No room registered a kind of data of this key."""


_ageings: dict[str, Ageing] = {}


def register_ageing(ageing: Ageing) -> None:
    """Called from `ready()`. Raises ValueError for a key that is taken, and for bounds that do not hold the default."""
    if ageing.key in _ageings:
        raise ValueError(f"there is an ageing {ageing.key!r} already")
    if not 1 <= ageing.least <= ageing.default <= ageing.most:
        raise ValueError(f"the bounds of {ageing.key!r} do not hold its default")
    if (ageing.rows is None) == (ageing.sweep is None) or (ageing.rows is not None) != bool(ageing.holding):
        raise ValueError(f"{ageing.key!r} needs rows with their holding, or a sweep")
    _ageings[ageing.key] = ageing


def ageings() -> Iterator[Ageing]:
    """All of them, in the order of registration."""
    yield from list(_ageings.values())


def ageing_named(key: str) -> Ageing:
    """Raises UnknownAgeing."""
    try:
        return _ageings[key]
    except KeyError:
        raise UnknownAgeing(key) from None
