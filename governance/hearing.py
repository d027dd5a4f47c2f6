"""What notes about the node need from the rest of it: entries of the record, and the daily job."""

from __future__ import annotations

from community_ai.core.jobs import register_regular_job
from governance.feedback_entries import register_feedback_entries
from governance.feedback_jobs import mix_notes


def begin_hearing() -> None:
    """Called once, when the apps are ready."""
    register_feedback_entries()
    register_regular_job("mix notes without a name", mix_notes, every="D")
