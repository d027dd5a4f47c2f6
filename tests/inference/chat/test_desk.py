"""The desk with a real worker and the real model: answers belong to the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from consent.access import in_service
from governance.models import Member
from inference import live
from inference.models import Answer, AnswerState, Message
from inference.services import answers, conversations
from tests.inference.chat.conftest import asked, in_db, state_of, until
from tests.inference.conftest import WorkerProcess

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


def text_of(message: Message) -> str:
    return in_service(Message).get(pk=message.pk).text


def ended(message: Message) -> Callable[[], Answer | None]:
    return lambda: in_service(Answer).filter(message=message.pk, finished_at__isnull=False).first()


async def test_a_question_is_answered_by_the_model_while_nobody_looks(owner: Member, chat: live.Live) -> None:
    message = await in_db(asked, owner, "What colour is the sky on a clear day? Answer in one short sentence.")
    answer = await until(ended(message))
    assert answer.state == AnswerState.DONE
    assert answer.reason == "end"
    assert answer.answer_tokens > 0
    assert answer.prompt_tokens > 0
    assert len(answer.model_sha256) == 64
    assert "sky" in (await in_db(text_of, message)).lower()
