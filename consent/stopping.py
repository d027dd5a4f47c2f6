"""What rooms above do at once when a member withdraws a purpose: drop what they keep in memory, mark what they made.

Every use asks `consent.access` at its own moment and stops by itself; a hook is for what must not wait until then.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from consent.purposes import Purpose


class Stop(Protocol):
    def __call__(self, *, member_id: int, now: datetime) -> None: ...


_stops: dict[Purpose, list[Stop]] = {}
_leftovers: dict[Purpose, str] = {}


def register_stop(purpose: Purpose, callback: Stop) -> None:
    """Have `callback` called inside the transaction that withdraws: what it raises undoes the withdrawal.

    Called from `ready()`. What cannot fail with it, the callback queues (`community_ai.core.jobs`).
    """
    known = _stops.setdefault(purpose, [])
    if callback not in known:
        known.append(callback)


def stop(purpose: Purpose, *, member_id: int, now: datetime) -> None:
    for callback in _stops.get(purpose, []):
        callback(member_id=member_id, now=now)


def register_leftover(purpose: Purpose, kind: str) -> None:
    """When `purpose` is taken back, the things of the holding `kind` stay, unused, unless the member has them erased on
    the spot: the page asks. Called from `ready()`."""
    _leftovers[purpose] = kind


def leftover(purpose: Purpose) -> str:
    """The key of that holding; "" when nothing stays."""
    return _leftovers.get(purpose, "")
