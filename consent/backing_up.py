"""What backups need from the rest of the node: entries of the record, the vote after a restore, jobs, checks."""

from __future__ import annotations

from community_ai.core.clock import now
from community_ai.core.home import Home
from community_ai.core.setup_steps import register_setup_step
from consent.backup_entries import register_backup_entries
from consent.restore_kind import RESTORE_KIND
from consent.services import restores
from governance.effects import register_kind


def begin_backing_up() -> None:
    """Called once, when the apps are ready."""
    register_backup_entries()
    register_kind(RESTORE_KIND)
    register_setup_step("restored record", notice_older_record)


def notice_older_record(home: Home) -> str | None:
    """Setup step: a record that is older than what was signed closes the node for writing."""
    closed = restores.notice(now=now())
    if closed is None:
        return None
    return (
        f"The record is older than its last checkpoint: {closed.missing} signed entries are missing. The node opens for "
        "reading only, until the members decide about it or a newer backup is put back."
    )
