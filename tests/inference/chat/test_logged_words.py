"""What fails between a page's socket and the worker is told in the log, without what was said there."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from governance.models import Member
from inference import live
from inference.services import questions
from tests.inference.chat.conftest import in_db, signed_in
from tests.inference.chat.socket_page import Page, begun

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]
WORDS = "zqxj the secret of the felt kv"


async def test_a_fault_in_the_socket_says_no_words(
    owner: Member, chat: live.Live, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)

    def broken(**asked: Any) -> Any:
        raise RuntimeError(f"could not ask {asked}")

    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open(first)
    monkeypatch.setattr(questions, "ask", broken)
    await page.ask(WORDS, first)
    await page.sees("Something went wrong on our side")
    await page.leave()
    assert "A message from a page could not be carried out" in caplog.text
    assert "RuntimeError" in caplog.text
    assert "zqxj" not in caplog.text


async def test_a_question_that_is_answered_leaves_no_word_in_any_log(
    owner: Member, chat: live.Live, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open(first)
    await page.ask(WORDS, first)
    await page.sees("The answer is finished")
    await page.leave()
    assert "zqxj" not in caplog.text
