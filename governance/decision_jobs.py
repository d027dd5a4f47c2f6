"""What the job cluster does for decisions. Each job may run twice: the rows are the truth."""

from __future__ import annotations

from community_ai.core import clock
from governance.services.ballot_keys import destroy_orphaned_keys
from governance.services.closing import close_due
from governance.services.reminders import send_due
from governance.services.suspensions import end_due


def close_due_proposals() -> None:
    """Every minute: count what is over, end suspensions whose time is over, destroy keys of counted secret votes."""
    try:
        close_due(now=clock.now())
    finally:
        # After the counting: a ratification that closes with the 72 hours still finds its suspension.
        end_due(now=clock.now())
        destroy_orphaned_keys()


def remind_voters() -> None:
    send_due(now=clock.now())
