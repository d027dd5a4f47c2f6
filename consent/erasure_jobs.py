"""The job that carries erasures to their end: queued when one begins, and run regularly for what was interrupted."""

from __future__ import annotations

from community_ai.core.clock import now
from consent.services import erasure


def finish_erasures() -> int:
    """How many were finished."""
    return erasure.finish(now=now())
