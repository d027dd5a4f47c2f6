"""Which old backups are kept: the newest of each day, week and month, so many of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo


@dataclass(frozen=True)
class Keeping:
    """How many days, weeks (ISO 8601) and months keep their newest backup."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 6


@dataclass(frozen=True)
class Kept:
    """One backup for this purpose; `verified` means that its last real restore succeeded."""

    key: str
    made_at: datetime
    verified: bool


def superfluous(backups: Sequence[Kept], *, keeping: Keeping, zone: tzinfo) -> list[str]:
    """Keys of those to remove, the oldest first. Never the newest one, never the newest verified one."""
    newest_first = sorted(backups, key=lambda one: one.made_at, reverse=True)
    kept = {one.key for one in newest_first[:1]}
    kept |= {one.key for one in [one for one in newest_first if one.verified][:1]}
    periods: list[tuple[int, Callable[[date], tuple[int, ...]]]] = [
        (keeping.daily, lambda day: (day.toordinal(),)),
        (keeping.weekly, lambda day: tuple(day.isocalendar()[:2])),
        (keeping.monthly, lambda day: (day.year, day.month)),
    ]
    for most, period_of in periods:
        seen: set[tuple[int, ...]] = set()
        for one in newest_first:
            period = period_of(one.made_at.astimezone(zone).date())
            if period not in seen and len(seen) < most:
                seen.add(period)
                kept.add(one.key)
    return [one.key for one in reversed(newest_first) if one.key not in kept]
