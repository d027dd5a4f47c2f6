"""What backups need from the rest of the node: entries of the record, the vote after a restore, jobs, checks."""

from __future__ import annotations

from community_ai.core.clock import now
from community_ai.core.doctor import register_check
from community_ai.core.home import Home
from community_ai.core.jobs import register_regular_job
from community_ai.core.setup_steps import register_setup_step
from consent.backup_entries import register_backup_entries
from consent.backup_jobs import look_after_backups
from consent.backup_states import backups_as_items, check_backups, check_restore, check_set_aside
from consent.read_only import standstill
from consent.restore_kind import RESTORE_KIND
from consent.services import restores
from governance.effects import register_kind
from governance.home_entries import register_waiting
from governance.standstill import register_standstill


def begin_backing_up() -> None:
    """Called once, when the apps are ready."""
    register_backup_entries()
    register_kind(RESTORE_KIND)
    register_standstill(standstill)
    register_setup_step("restored record", notice_older_record)
    register_regular_job("look after backups", look_after_backups, every=15)
    register_check("restore", check_restore)
    register_check("backups", check_backups)
    register_check("set aside", check_set_aside)
    register_waiting(backups_as_items)


def notice_older_record(home: Home) -> str | None:
    """Setup step: a record that is older than what was signed closes the node for writing."""
    closed = restores.notice(now=now())
    if closed is None:
        return None
    return (
        f"The record is older than its last checkpoint: {closed.missing} signed entries are missing. The node opens "
        "for reading only, until the members decide about it or a newer backup is put back."
    )
