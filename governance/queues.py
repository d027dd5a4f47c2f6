"""What waits for moderators, on the first of their pages.

Governance knows that there are such queues, never what is behind all of them: the app that owns one registers it in its
`ready()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise


@dataclass(frozen=True)
class QueueItem:
    """One thing to look at. `since` is when it began to wait."""

    title: str | Promise
    url: str
    since: datetime
    detail: str | Promise = ""


@dataclass(frozen=True)
class Queue:
    """`items(now)`: what waits at that moment, the longest first; a fixed, small number of queries."""

    key: str
    title: str | Promise
    explanation: str | Promise
    items: Callable[[datetime], list[QueueItem]]


_queues: dict[str, Queue] = {}


def register_queue(queue: Queue) -> None:
    """Add a queue; called from `ready()` of the app that owns what waits in it."""
    if queue.key in _queues:
        raise ValueError(f"there is a queue named {queue.key!r} already")
    _queues[queue.key] = queue


def queues() -> Iterator[Queue]:
    """In the order of registration."""
    yield from _queues.values()
