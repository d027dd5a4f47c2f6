"""While the emergency brake stops the AI, what is being written ends, and questions wait until it is released."""

from __future__ import annotations

import pytest
from channels.db import database_sync_to_async

from community_ai.core.clock import now
from consent.access import in_service
from governance.models import Appointment, Member, Role
from governance.permissions import Permission
from governance.services.rules import ensure_default_rules
from inference import live
from inference.engine.engine import FailureCode
from inference.live.live_answer import Phase
from inference.models import Answer, AnswerState, BrakeMode, Message
from inference.services import answers, brake
from tests.inference.chat.conftest import asked, in_db, state_of, until

LONG = "Write a long story about a village, its river, its market and its people. Make it as long as you can."

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


def may_pause(member: Member) -> None:
    ensure_default_rules(now=now())
    role = Role.objects.create(key="guardian", name="Guardian", permissions=[Permission.PAUSE.value])
    Appointment.objects.create(member=member, role=role, began_at=now())


async def test_a_pause_ends_what_is_written_and_keeps_what_waits(
    owner: Member, outsider: Member, chat: live.Live
) -> None:
    await in_db(may_pause, outsider)
    writing = await in_db(asked, owner, LONG)
    await until(lambda: state_of(writing.pk) == AnswerState.WRITING)
    await in_db(brake.pull, by=outsider, mode=BrakeMode.PAUSE, reason="It insults people.", now=now())
    answer = await until(lambda: in_service(Answer).filter(message=writing.pk, finished_at__isnull=False).first())
    assert (answer.state, answer.reason) == (AnswerState.INTERRUPTED, FailureCode.PAUSED)
    assert await in_db(lambda: in_service(Message).get(pk=writing.pk).text)

    waiting = await in_db(asked, owner, "Say hello.")

    def is_paused() -> bool:
        entry = chat.desk.live_answer(waiting.pk)
        return entry is not None and entry.phase == Phase.PAUSED

    await until(is_paused)
    assert await in_db(state_of, waiting.pk) == AnswerState.QUEUED

    await database_sync_to_async(brake.take_back, thread_sensitive=False)(by=outsider, now=now())
    assert await until(lambda: state_of(waiting.pk) == AnswerState.DONE)


async def test_a_question_that_waits_for_the_brake_can_be_stopped(
    owner: Member, outsider: Member, chat: live.Live
) -> None:
    await in_db(may_pause, outsider)
    await in_db(brake.pull, by=outsider, mode=BrakeMode.PAUSE, reason="It insults people.", now=now())
    waiting = await in_db(asked, owner, "Say hello.")
    await until(lambda: (e := chat.desk.live_answer(waiting.pk)) is not None and e.phase == Phase.PAUSED)
    await in_db(answers.stop, member=owner, message_id=waiting.pk)
    assert await until(lambda: state_of(waiting.pk) == AnswerState.STOPPED)
