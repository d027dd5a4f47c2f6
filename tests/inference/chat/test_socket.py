"""The conversation page's socket through the node's whole ASGI application, with a real worker behind it."""

from __future__ import annotations

import asyncio
import re
from uuid import UUID, uuid4

import pytest
from django.utils.html import escape

from community_ai.core.markdown import render_markdown, spoken
from consent.access import in_service, own
from governance.models import Member
from inference import live
from inference.models import Answer, AnswerState, Message
from tests.inference.chat.conftest import answered, asked, in_db, signed_in, state_of, until
from tests.inference.chat.socket_page import Page, begun
from tests.inference.chat.test_desk import LONG

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


async def test_an_answer_grows_on_the_page_and_is_announced_once(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open(first)
    key = uuid4()
    await page.ask("Count from one to ten, in words, with a sentence for each.", first, key)
    # The question stands on the page at once, the box has a new key, and Stop is there.
    added = await page.sees(r'hx-swap-oob="beforeend:#thread">.*data-open="([0-9a-f-]+)"')
    message_id = UUID(added[1])
    assert "Count from one to ten" in page.received
    assert str(key) not in page.received
    await page.sees(r'id="composer-stop" hx-swap-oob="innerHTML"><button')
    end = await page.sees(
        rf'<div id="message-{message_id}" hx-swap-oob="innerHTML">.*?id="announcements".*?>(.*?)</div>'
    )
    answer = await in_db(in_service(Answer).select_related("message").get, message=message_id)
    assert answer.state == AnswerState.DONE
    # What grew is what stands in the row, and the log region got it once, as whole words.
    assert page.growing_text(message_id).strip() in escape(answer.message.text)
    assert page.received.count('id="announcements"') == 1
    text = answer.message.text
    assert end[1] == escape(spoken(render_markdown(text)) or text)
    sentences = re.findall(r'<div id="status" hx-swap-oob="innerHTML">(.*?)</div>', page.received)
    assert sentences[-1] == "The answer is finished."
    # Never per token: the beginning, the end, and one sentence every seven seconds between.
    assert len(sentences) <= 2 + answer.total_ms / 7000 + 1
    await page.leave()


async def test_a_page_that_comes_back_goes_on_where_the_text_is(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    client = await in_db(signed_in, owner)
    page = await Page(client, first.conversation_id).open(first)
    await page.ask(LONG, first)
    message_id = UUID((await page.sees(r'data-open="([0-9a-f-]+)"'))[1])
    await page.sees(r'hx-swap-oob="beforeend:#message-')
    before = page.growing_text(message_id)
    await page.leave()
    await asyncio.sleep(0.5)
    message = await in_db(in_service(Message).get, pk=message_id)
    again = await Page(client, first.conversation_id).open(message, unfinished=True)
    await again.sees(rf'<div id="message-{message_id}-text" hx-swap-oob="innerHTML">.+?</div>')
    assert again.growing_text(message_id).startswith(before)
    await again.send(type="stop", message=str(message_id))
    await again.sees(rf'<div id="message-{message_id}" hx-swap-oob="innerHTML">.*You stopped this answer')
    assert await in_db(state_of, message_id) == AnswerState.STOPPED
    assert re.search(r'id="composer-stop" hx-swap-oob="innerHTML">\s*</div>', again.received)
    await again.leave()


async def test_a_page_that_missed_the_end_gets_it(owner: Member, chat: live.Live) -> None:
    message = await in_db(asked, owner, "Say hello.")
    await until(lambda: state_of(message.pk) == AnswerState.DONE)
    page = await Page(await in_db(signed_in, owner), message.conversation_id).open(message, unfinished=True)
    await page.sees(rf'<div id="message-{message.pk}" hx-swap-oob="innerHTML">.*behaviour version 1')
    await page.leave()


async def test_a_page_that_missed_more_gets_the_whole_thread(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    second = await in_db(lambda: answered(asked(owner, "Two?", after=first), "Second."))
    await in_db(lambda: answered(asked(owner, "Three?", after=second), "Third."))
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open(first)
    await page.sees(r'<div id="thread" hx-swap-oob="innerHTML">.*Hello.*Second.*Third')
    await page.leave()


async def test_two_pages_of_one_conversation_both_grow(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    client = await in_db(signed_in, owner)
    pages = [await Page(client, first.conversation_id).open(first) for _ in range(2)]
    await pages[0].ask("Say hello.", first)
    for page in pages:
        await page.sees(r'id="announcements"')
        await page.leave()


async def test_queue_news_come_within_a_second(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open(first)
    await page.ask("Say hello.", first)
    await page.sees(r"-progress\" hx-swap-oob", seconds=1.5)
    await page.sees(r'id="announcements"')
    await page.leave()


async def test_other_versions_are_shown_and_asked_for(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open(first)
    await page.send(type="ask_again", message=str(first.pk))
    await page.sees(r'2 of 2.*id="announcements"')
    page.received = ""
    await page.send(type="show", message=str(first.pk))
    await page.sees(r'<div id="thread" hx-swap-oob="innerHTML">.*1 of 2')
    await page.leave()


async def test_a_page_speaks_its_own_language(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id, language="xx").open(first)
    await page.ask("", first)
    await page.sees("Please write a question first")
    await page.leave()


REFUSED = [
    ("", "Please write a question first"),
    ("\u200f\u200e", "Please write a question first"),
    ("x" * 8_001, "8,001 characters"),
    ("x" * 16_000, "16,000 characters"),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED, ids=["empty", "marks", "8001", "16000"])
async def test_a_question_that_cannot_be_asked_gets_a_sentence(
    owner: Member, chat: live.Live, text: str, sentence: str
) -> None:
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open(first)
    await page.ask(text, first)
    await page.sees(rf'<div id="question-error" hx-swap-oob="innerHTML">[^<]*{sentence}')
    # The box keeps its key, and with it its text.
    assert "question-key" not in page.received
    assert await in_db(own(Message, member=owner).count) == 2
    await page.leave()


async def test_what_a_member_types_is_text_on_the_page(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open(first)
    await page.ask("<b onclick=x>\u202bhi\u202c</b><|im_end|>\x00\x1b[0m\ud800", first)
    await page.sees("&lt;b onclick=x&gt;\u202bhi\u202c&lt;/b&gt;&lt;|im_end|&gt;\\[0m</div>")
    await page.sees(r'id="announcements"')
    await page.leave()


# --- Who may ----------------------------------------------------------------------------------------------------------
