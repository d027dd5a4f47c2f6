"""The job that carries erasures to their end: queued when one begins, and run regularly for what was interrupted; and
the one that looks after members who stay away."""

from __future__ import annotations

from community_ai.core.clock import now
from consent.services import dormancy, erasure


def finish_erasures() -> int:
    """How many were finished."""
    return erasure.finish(now=now())


def look_after_dormant() -> tuple[int, int]:
    """How many were asked, and whose talk was erased."""
    return dormancy.look_after(now=now())
