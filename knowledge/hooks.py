"""What rooms above hang on knowledge: they are told of new and vanished passages and of forgotten entries.

Each hook is called inside the transaction that makes the change, so what it writes is undone with it. What must happen
later, such as computing vectors, it queues itself (`community_ai.core.jobs.enqueue_on_commit`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID


class PassagesChanged(Protocol):
    def __call__(self, *, added: Sequence[int], removed: Sequence[int]) -> None: ...


class Forgotten(Protocol):
    def __call__(self, *, entry_id: UUID, passage_ids: Sequence[int]) -> None: ...


_passages_changed: list[PassagesChanged] = []
_forgotten: list[Forgotten] = []


def on_passages_changed(hook: PassagesChanged) -> None:
    """Have `hook` told which passages are new (or have another title) and which are gone: once for each change or
    batch. Called from `ready()`."""
    if hook not in _passages_changed:
        _passages_changed.append(hook)


def on_forgotten(hook: Forgotten) -> None:
    """Have `hook` told that an entry is being deleted, before its rows go: vectors, caches and open uses go too."""
    if hook not in _forgotten:
        _forgotten.append(hook)


def passages_changed(*, added: Sequence[int] = (), removed: Sequence[int] = ()) -> None:
    if added or removed:
        for hook in _passages_changed:
            hook(added=added, removed=removed)


def forgotten(*, entry_id: UUID, passage_ids: Sequence[int]) -> None:
    for hook in _forgotten:
        hook(entry_id=entry_id, passage_ids=passage_ids)
