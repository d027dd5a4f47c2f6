"""The daily job that deletes what is over."""

from __future__ import annotations

from community_ai.core.clock import now
from community_ai.core.jobs import enqueue
from consent.services import retention
from governance import standstill

# Well below the job cluster's limit for one task: what is left is a new task.
SECONDS_AT_ONCE = 120.0


def expire_what_is_over() -> int:
    """How much went. Nothing while the node is closed for writing."""
    if standstill.present() is not None:
        return 0
    gone, all_of_it = retention.expire(now=now(), seconds=SECONDS_AT_ONCE)
    if not all_of_it:
        enqueue(expire_what_is_over)
    return gone
