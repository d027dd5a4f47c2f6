"""What the apps above put on a member's home page: ways in, and what waits for the member.

Governance knows that there are such entries, never what is behind them: the app that owns them registers in its
`ready()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.functional import Promise

if TYPE_CHECKING:
    from governance.models import Member


@dataclass(frozen=True)
class Welcome:
    """A way in for every member, such as "Talk with the AI"; the first one that is registered stands out."""

    title: str | Promise
    detail: str | Promise
    url_name: str

    @property
    def url(self) -> str:
        return reverse(self.url_name)


@dataclass(frozen=True)
class WaitingItem:
    """Something that one member can do now. `until` is shown in the member's time zone."""

    title: str | Promise
    detail: str | Promise
    url: str
    urgent: bool
    until: datetime | None = None


WaitingSource = Callable[["Member", datetime], list[WaitingItem]]

_welcomes: list[Welcome] = []
_arrivals: list[str] = []
_sources: list[WaitingSource] = []


def register_welcome(welcome: Welcome) -> None:
    """Add a way in; called from `ready()` of the app that owns the page."""
    if welcome.url_name in {known.url_name for known in _welcomes}:
        raise ValueError(f"there is an entry for {welcome.url_name!r} already")
    _welcomes.append(welcome)


def register_waiting(source: WaitingSource) -> None:
    """Add `source(member, now)`, which is asked on each visit: a fixed, small number of queries."""
    if source in _sources:
        raise ValueError(f"{source!r} is asked already")
    _sources.append(source)


def welcomes() -> Iterator[Welcome]:
    """In the order of registration."""
    yield from _welcomes


def register_arrival(url_name: str) -> None:
    """Have whoever founded or joined see this page before any other, once; it leads on to `landing()`."""
    if url_name not in _arrivals:
        _arrivals.append(url_name)


def arrival() -> str:
    """Where somebody arrives who has just founded or joined."""
    return reverse(_arrivals[0]) if _arrivals else landing()


def landing() -> str:
    """Where members begin: the first way in, or the home page."""
    return next((welcome.url for welcome in _welcomes), "/")


def waiting_for(member: Member, *, now: datetime) -> list[WaitingItem]:
    """What all sources know: the urgent first, then the soonest to end, and otherwise in the order of registration."""
    never = datetime.max.replace(tzinfo=UTC)
    items = [item for source in _sources for item in source(member, now)]
    return sorted(items, key=lambda item: (not item.urgent, item.until or never))
