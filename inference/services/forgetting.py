"""How this room forgets a member: their talks with the AI go with all that hangs on them, and what is kept in memory.

Each function takes some, says how many went, and survives running twice. Nothing here needs the member's key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from community_ai.core.holdings import Teaching
from consent.access import in_service
from inference.doorbell import Ring, ring_on_commit
from inference.models import ANSWER_STATES, Answer, AnswerState, Brake, Citation, Conversation, SampleQuestion

_AT_ONCE = 20


def conversations(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    mine = in_service(Conversation).filter(member_id=member_id).order_by("pk")
    return _forget(list(mine.values_list("pk", flat=True)[:_AT_ONCE]), member_id)


def conversation_pieces(*, member_id: int, keys: Iterable[str], now: datetime) -> int:
    """Also for conversations that an older backup brought back."""
    mine = in_service(Conversation).filter(member_id=member_id, pk__in=[UUID(key) for key in keys])
    return _forget(list(mine.values_list("pk", flat=True)), member_id)


def _forget(keys: Sequence[UUID], member_id: int) -> int:
    in_service(Conversation).filter(pk__in=keys).delete()
    for key in keys:
        ring_on_commit(Ring(key, member_id, deleted=True))
    return len(keys)


def stop_all(*, member_id: int, now: datetime) -> None:
    """When the door is shut: nothing is written for the member any more, and the worker drops what it keeps."""
    for answer in in_service(Answer).filter(member_id=member_id, state__in=ANSWER_STATES.open):
        ANSWER_STATES.move(answer, AnswerState.STOPPED, finished_at=now)
    for key in in_service(Conversation).filter(member_id=member_id).values_list("pk", flat=True):
        ring_on_commit(Ring(key, member_id, deleted=True))


def sample_questions(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    mine = SampleQuestion.objects.filter(added_by_id=member_id)
    if teaching is Teaching.ANONYMISE:
        return mine.update(added_by=None)
    return int(mine.delete()[1].get(SampleQuestion._meta.label, 0))


def brakes(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """That the brake was pulled stays in force and in history; by whom goes."""
    return Brake.objects.filter(pulled_by_id=member_id).update(pulled_by=None)


def quoted(entry_ids: Sequence[str]) -> dict[str, int]:
    """In how many answers each entry was quoted; whose answers they were is nobody's business."""
    found = in_service(Citation).filter(entry__in=[UUID(key) for key in entry_ids])
    return Counter(str(pk) for pk, _answer in found.values_list("entry_id", "lookup_id").distinct())
