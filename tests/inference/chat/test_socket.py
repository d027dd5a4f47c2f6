"""The conversation page's socket through the node's whole ASGI application, with a real worker behind it."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client
from django.utils.html import escape

from community_ai.asgi import application
from community_ai.core.markdown import render_markdown, spoken
from consent.access import in_service, own
from governance.models import Member
from inference import live
from inference.consumers import MAX_FAULTS, MAX_SOCKETS_OF_MEMBER, MESSAGES_AT_ONCE
from inference.live.session_watch import LOOK_SECONDS
from inference.models import Answer, AnswerState, Message
from tests.inference.chat.conftest import answered, asked, in_db, signed_in, state_of, until
from tests.inference.chat.test_desk import LONG

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]
ORIGIN = b"http://localhost"


class Page:
    """An open conversation page: sends what chat.js sends, and collects what htmx would swap in."""

    def __init__(self, client: Client, conversation_id: Any, *, origin: bytes = ORIGIN, language: str = "en") -> None:
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        self.socket = WebsocketCommunicator(
            application,
            f"/ws/chat/{conversation_id}/?language={language}",
            headers=[(b"origin", origin), (b"cookie", cookie.encode())],
        )
        self.received = ""
        self.closed_with: int | None = None

    async def open(self, shown: Message | None = None, *, unfinished: bool = False) -> Page:
        connected, code = await self.socket.connect(timeout=20)
        if not connected:
            self.closed_with = code
        elif shown is not None:
            await self.send(type="watch", leaf=str(shown.pk), open=str(shown.pk) if unfinished else "")
        return self

    async def send(self, **message: Any) -> None:
        await self.socket.send_to(text_data=json.dumps(message))

    async def ask(self, text: str, after: Message | None, key: UUID | None = None) -> None:
        await self.send(type="ask", text=text, after=str(after.pk) if after else "", key=str(key or uuid4()))

    async def sees(self, pattern: str, *, seconds: float = 60.0) -> re.Match[str]:
        """Read until the pattern stands in what came so far."""
        deadline = time.monotonic() + seconds
        while not (match := re.search(pattern, self.received, re.DOTALL)):
            left = deadline - time.monotonic()
            assert left > 0, f"waited for {pattern!r}, got {self.received[-2000:]!r}"
            await self._read(left)
            assert self.closed_with is None, f"closed with {self.closed_with} before {pattern!r}"
        return match

    async def closes(self, *, seconds: float = 20.0) -> int:
        deadline = time.monotonic() + seconds
        while self.closed_with is None:
            await self._read(max(0.01, deadline - time.monotonic()))
        return self.closed_with

    async def _read(self, seconds: float) -> None:
        message = await asyncio.wait_for(self.socket.output_queue.get(), seconds)
        if message["type"] == "websocket.close":
            self.closed_with = message.get("code", 1000)
        else:
            self.received += message["text"]

    async def leave(self) -> None:
        await self.socket.disconnect()

    def growing_text(self, message_id: UUID) -> str:
        """The text of an unfinished answer as the page has it now."""
        place, text = re.escape(f"message-{message_id}-text"), ""
        for whole, more in re.findall(
            rf'<div id="{place}" hx-swap-oob="innerHTML">(.*?)</div>|<div hx-swap-oob="beforeend:#{place}">(.*?)</div>',
            self.received,
            re.DOTALL,
        ):
            text = text + more if more else whole
        return text


async def begun(member: Member) -> Message:
    """A conversation with one turn that is over."""
    return await in_db(lambda: answered(asked(member, "Hello?"), "Hello."))


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


@pytest.mark.parametrize("origin", [b"https://evil.example", b"null", b"http://localhost.evil.example", b""])
async def test_another_sites_page_gets_no_socket(owner: Member, chat: live.Live, origin: bytes) -> None:
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id, origin=origin).open()
    assert page.closed_with is not None


async def test_nobody_gets_a_socket_without_a_session(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    page = await Page(Client(), first.conversation_id).open()
    assert await page.closes() == 4401


async def test_anothers_conversation_is_not_found_and_not_touched(
    owner: Member, outsider: Member, chat: live.Live
) -> None:
    first = await begun(owner)
    own_page = await in_db(lambda: answered(asked(outsider, "Mine?"), "Mine."))
    client = await in_db(signed_in, outsider)
    assert await (await Page(client, first.conversation_id).open()).closes() == 4404
    assert await (await Page(client, uuid4()).open()).closes() == 4404
    for message in ({"type": "ask_again"}, {"type": "stop"}, {"type": "show"}):
        page = await Page(client, own_page.conversation_id).open(own_page)
        await page.send(**message, message=str(first.pk))
        await page.sees("This is not here any more")
        assert "Hello" not in page.received
        await page.leave()
    page = await Page(client, own_page.conversation_id).open(own_page)
    await page.ask("Under yours", first)
    await page.sees("This is not here any more")
    await page.leave()
    assert await in_db(own(Message, member=owner).count) == 2


@pytest.mark.parametrize("path", ["not-a-uuid", "1", "%00", "0" * 400, "🧺"])
async def test_an_address_that_is_none_is_not_found(owner: Member, chat: live.Live, path: str) -> None:
    page = await Page(await in_db(signed_in, owner), path).open()
    assert await page.closes() == 4404


async def test_other_paths_have_no_socket(owner: Member, chat: live.Live) -> None:
    socket = WebsocketCommunicator(application, "/ws/other/", headers=[(b"origin", ORIGIN)])
    connected, _code = await socket.connect()
    assert not connected


async def test_signing_out_anywhere_closes_at_the_next_look(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    client = await in_db(signed_in, owner)
    other = await in_db(signed_in, owner)
    page = await Page(client, first.conversation_id).open(first)
    stays = await Page(other, first.conversation_id).open(first)
    await page.ask(LONG, first)
    await page.sees("beforeend:#message-")
    assert LOOK_SECONDS <= 0.5  # so that it is within a second, when the computer has the time
    await in_db(client.logout)
    assert await page.closes() == 4401
    # Nothing comes after the close, and the same member's other session goes on.
    assert await page.socket.receive_nothing(timeout=0.5)
    await stays.sees("beforeend:#message-")
    await stays.leave()


@pytest.mark.parametrize("how", ["password", "suspended", "expired", "deleted"])
async def test_a_session_that_ends_in_another_way_closes_too(owner: Member, chat: live.Live, how: str) -> None:
    first = await begun(owner)
    client = await in_db(signed_in, owner)
    page = await Page(client, first.conversation_id).open(first)

    def end() -> None:
        if how == "password":
            owner.set_password("another long pass phrase")
            owner.save()
        elif how == "suspended":
            Member.objects.filter(pk=owner.pk).update(is_active=False)
        elif how == "expired":
            client.session.get_session_cookie_age()
            type(client.session).get_model_class().objects.update(expire_date="2000-01-01T00:00:00Z")
        else:
            Member.objects.filter(pk=owner.pk).delete()

    await in_db(end)
    assert await page.closes() == 4401


async def test_each_message_is_checked_before_it_is_acted_upon(
    owner: Member, chat: live.Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await begun(owner)
    client = await in_db(signed_in, owner)
    page = await Page(client, first.conversation_id).open(first)
    await chat.sessions.stop()  # the regular look does not help here
    await in_db(client.logout)
    await page.ask("Still me?", first)
    assert await page.closes() == 4401
    assert await in_db(own(Message, member=owner).count) == 2


async def test_a_member_has_so_many_sockets_and_the_oldest_goes(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    client = await in_db(signed_in, owner)
    pages = []
    for _ in range(MAX_SOCKETS_OF_MEMBER + 1):
        pages.append(await Page(client, first.conversation_id).open(first))
        await pages[-1].ask("", first)
        await pages[-1].sees("Please write a question first")
    assert await pages[0].closes() == 4408
    for page in pages[1:]:
        await page.leave()


# --- Fuzz -------------------------------------------------------------------------------------------------------------

FAULTY = [
    " ",
    "{",
    "null",
    "[]",
    "1",
    '"ask"',
    "{}",
    '{"type": null}',
    '{"type": "nonsense"}',
    '{"type": ["ask"]}',
    '{"type": "ask"}',
    '{"type": "ask", "text": 5}',
    '{"type": "ask", "text": ["x"]}',
    '{"type": "ask", "text": "x", "after": 7, "key": {}}',
    '{"type": "ask", "text": "x", "after": "' + "0" * 36 + '"}',
    '{"type": "stop"}',
    '{"type": "stop", "message": "x"}',
    '{"type": "show", "message": 12}',
    '{"type": "ask_again", "message": null}',
    '{"type": "watch", "leaf": 3, "open": []}',
    "[" * 50_000,
    '{"type": "ask", "text": "' + "x" * 70_000 + '"}',
    '{"type": NaN}',
    "\ud800",
    '{"type":"ask","type":"stop"}',
]


@pytest.mark.parametrize("frame", FAULTY, ids=range(len(FAULTY)))
async def test_a_faulty_message_is_answered_and_harms_nothing(owner: Member, chat: live.Live, frame: str) -> None:
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open(first)
    await page.socket.send_to(text_data=frame)
    await page.ask("", first)
    await page.sees("Please write a question first")
    await page.leave()


async def test_binary_frames_are_refused(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open(first)
    await page.socket.send_to(bytes_data=b"\x00\xff\xfe" * 1000)
    await page.sees("cannot read")
    await page.leave()


async def test_random_messages_never_break_the_socket(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    dice = random.Random(7)
    pieces: list[Any] = [
        "ask",
        "stop",
        "watch",
        str(first.pk),
        str(uuid4()),
        "",
        None,
        3,
        -1.5,
        [],
        {},
        "\u202e",
        "x" * 99,
    ]
    client = await in_db(signed_in, owner)
    for _ in range(3):
        page = await Page(client, first.conversation_id).open(first)
        for _ in range(MESSAGES_AT_ONCE - 5):
            names = dice.sample(["type", "text", "after", "key", "message", "leaf", "open", "HEADERS"], 4)
            await page.send(**{name: dice.choice(pieces) for name in names})
        page.received = ""
        await page.ask("", first)
        await page.sees("Please write a question first")
        await page.leave()


async def test_a_flood_is_slowed_and_then_ended(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open(first)
    for _ in range(MESSAGES_AT_ONCE + MAX_FAULTS + 10):
        await page.socket.send_to(text_data="{}")
    assert await page.closes() == 4400
    assert "That was a lot at once" in page.received or "does not know" in page.received


async def test_a_page_that_vanishes_leaves_nothing_behind(owner: Member, chat: live.Live) -> None:
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open(first)
    await page.ask("Say hello.", first)
    await page.sees("data-open")
    await page.leave()
    assert chat.sessions.of_member(owner.pk) == []
    answer = await until(
        lambda: own(Answer, member=owner).filter(state=AnswerState.DONE).exclude(message=first).first()
    )
    assert answer.answer_tokens > 0


async def test_the_socket_says_when_the_node_is_not_ready(owner: Member, transactional_db: None) -> None:
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open()
    assert await page.closes() == 1013


async def test_the_origin_is_compared_with_the_nodes_own_names() -> None:
    assert urlsplit(ORIGIN.decode()).hostname in settings.ALLOWED_HOSTS
    assert "*" not in settings.ALLOWED_HOSTS
