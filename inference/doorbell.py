"""Tells the web process's event loop that something about a conversation changed in the database.

Views and services run in threads and know nothing of the loop: they ring after their commit, and whoever serves there
looks at the rows, which are the truth. In a process where nobody listens, ringing does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction


@dataclass(frozen=True)
class Ring:
    conversation_id: UUID
    member_id: int
    # The conversation is gone, and nobody may keep anything of it.
    deleted: bool = False


Listener = Callable[[Ring], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Call `listener` on each ring, in the ringing thread: it must hand over to its loop itself."""
    _listeners.append(listener)


def unlisten(listener: Listener) -> None:
    _listeners.remove(listener)


def ring_on_commit(ring: Ring) -> None:
    """Ring once the present transaction has committed."""
    transaction.on_commit(lambda: _ring(ring))


def _ring(ring: Ring) -> None:
    for listener in tuple(_listeners):
        listener(ring)
