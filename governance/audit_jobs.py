"""What the job cluster does for the record. The job survives running twice."""

from __future__ import annotations

from community_ai.core.clock import now
from governance import standstill
from governance.services import audit


def make_checkpoint() -> int | None:
    """Sign the record as it is; queued after each transaction that wrote to it, and every hour.

    Not while the node stands still: the record does not go on from what was signed.
    """
    if standstill.present() is not None:
        return None
    made = audit.checkpoint(now=now())
    return made.size if made else None
