"""The job that carries erasures to their end: queued when one begins, and run regularly for what was interrupted; and
the one that looks after members who stay away."""

from __future__ import annotations

from community_ai.core.clock import now
from consent.services import dormancy, erasure
from governance import standstill


def finish_erasures() -> int:
    """How many were finished."""
    return erasure.finish(now=now())


def look_after_dormant() -> tuple[int, int]:
    """How many were asked, and whose talk was erased. Nobody's while the node is closed for writing: its sign-ins are
    older than what its members did."""
    if standstill.present() is not None:
        return 0, 0
    return dormancy.look_after(now=now())
