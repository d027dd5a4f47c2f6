from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import models

from community_ai.core.clock import now
from community_ai.core.states import IllegalMove, StateTable
from consent import access
from governance.models import Member
from inference.behaviour import founding_behaviour
from inference.models import ANSWER_STATES, Answer, AnswerState, Conversation, Message
from inference.services import behaviour


class Light(models.TextChoices):
    RED = "red"
    GREEN = "green"
    DARK = "dark"


def test_a_table_with_an_unreachable_state_is_refused() -> None:
    with pytest.raises(IllegalMove, match="nothing leads to"):
        StateTable(Light, initial=Light.RED, moves={Light.RED: {Light.GREEN}})


def test_a_table_with_a_stranger_is_refused() -> None:
    with pytest.raises(IllegalMove, match="has no state"):
        StateTable(Light, initial=Light.RED, moves={Light.RED: {"blue"}})


def test_open_and_final_states() -> None:
    table = StateTable(Light, initial=Light.RED, moves={Light.RED: {Light.GREEN, Light.DARK}, Light.GREEN: {Light.RED}})
    assert table.final == {Light.DARK}
    assert table.open == {Light.RED, Light.GREEN}
    assert table.sources(Light.RED) == {Light.GREEN}


@pytest.fixture
def answer(make_member: Callable[..., Member]) -> Answer:
    ana = make_member("ana")
    version = behaviour.found(behaviour=founding_behaviour(community_name="Weavers", model_sha256="0" * 64), now=now())
    common: dict[str, Any] = {"member": ana}
    conversation = Conversation(**common, title="t", began_at=now(), active_at=now())
    conversation.save()
    message = Message(**common, conversation=conversation, role=Message.Role.AI, text="", written_at=now())
    message.save()
    answer = Answer(**common, message=message, behaviour=version, queued_at=now())
    answer.save()
    return answer


def test_of_two_movers_one_wins(answer: Answer) -> None:
    twin = access.own_row(Answer, member=answer.member, pk=answer.pk)
    assert ANSWER_STATES.move(answer, AnswerState.FAILED, reason="busy")
    assert not ANSWER_STATES.move(twin, AnswerState.WRITING)
    assert twin.state == AnswerState.QUEUED, "who lost keeps what they knew"
    stored = access.own_row(Answer, member=answer.member, pk=answer.pk)
    assert (stored.state, stored.reason) == (AnswerState.FAILED, "busy")


def test_a_move_that_the_table_does_not_allow_is_an_error(answer: Answer) -> None:
    with pytest.raises(IllegalMove):
        ANSWER_STATES.move(answer, AnswerState.QUEUED)
    with pytest.raises(IllegalMove):
        ANSWER_STATES.move(answer, AnswerState.DONE, only_from={AnswerState.QUEUED})
    assert not ANSWER_STATES.move(answer, AnswerState.DONE), "a queued answer is not finished without being written"
