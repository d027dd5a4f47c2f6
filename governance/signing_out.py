"""What rooms above do when a member signs out: they register here, and know nothing of the pages that sign out."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class SignedOut(Protocol):
    def __call__(self, *, member_id: int, now: datetime) -> None: ...


_hooks: list[SignedOut] = []


def on_signed_out(hook: SignedOut) -> None:
    """Have `hook` called after a member signed out by themselves; called from `ready()`."""
    if hook not in _hooks:
        _hooks.append(hook)


def signed_out(*, member_id: int, now: datetime) -> None:
    for hook in _hooks:
        hook(member_id=member_id, now=now)
