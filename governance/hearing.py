"""What notes about the node need from the rest of it: entries of the record, home page, moderators' queue, job."""

from __future__ import annotations

from community_ai.core.jobs import register_regular_job
from governance.feedback_entries import register_feedback_entries
from governance.feedback_jobs import mix_notes
from governance.feedback_waiting import NOTES_WITHOUT_ANSWER, notes_waiting_for
from governance.home_entries import register_waiting
from governance.queues import register_queue


def begin_hearing() -> None:
    """Called once, when the apps are ready."""
    register_feedback_entries()
    register_waiting(notes_waiting_for)
    register_queue(NOTES_WITHOUT_ANSWER)
    register_regular_job("mix notes without a name", mix_notes, every="D")
