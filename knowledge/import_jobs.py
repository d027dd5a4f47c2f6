"""What the job cluster does for imports. Each job may run twice: the rows are the truth."""

from __future__ import annotations

from uuid import UUID

from community_ai.core import clock
from community_ai.core.jobs import enqueue_on_commit
from knowledge.services import import_work

# So long one run works; then it queues itself again, so that other jobs have their turn.
SLICE_SECONDS = 15.0


def carry_on_import(batch_id: UUID) -> None:
    """Whatever the import needs next: reading, writing, switching on, clearing away, taking back."""
    if import_work.carry_on(batch_id=batch_id, now=clock.now(), seconds=SLICE_SECONDS):
        wake(batch_id)


def wake(batch_id: UUID) -> None:
    """Have the import carried on."""
    enqueue_on_commit(carry_on_import, batch_id)


def take_up_imports() -> None:
    """Every few minutes: carry on what lost its job, and remove what belongs to nothing."""
    for batch_id in import_work.standing_still(now=clock.now()):
        wake(batch_id)
    import_work.tidy_up(now=clock.now())
