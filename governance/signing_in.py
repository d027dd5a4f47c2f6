"""What rooms above do when a member signs in: they register here, and know nothing of the ways to sign in."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from django.http import HttpRequest


class SignedIn(Protocol):
    def __call__(self, *, request: HttpRequest, member_id: int, now: datetime) -> None: ...


_hooks: list[SignedIn] = []


def on_signed_in(hook: SignedIn) -> None:
    """Have `hook` called after a member signed in, when `request` has the new session; called from `ready()`."""
    if hook not in _hooks:
        _hooks.append(hook)


def signed_in(*, request: HttpRequest, member_id: int, now: datetime) -> None:
    for hook in _hooks:
        hook(request=request, member_id=member_id, now=now)
