"""Who gets a socket of a conversation page, when it closes, and what it refuses; with a real worker behind it."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from community_ai.asgi import application
from consent.access import own
from governance.models import Member
from inference import live
from inference.consumers import MAX_FAULTS, MAX_SOCKETS_OF_MEMBER, MESSAGES_AT_ONCE
from inference.live.session_watch import LOOK_SECONDS
from inference.models import Answer, AnswerState, Message
from tests.inference.chat.conftest import answered, asked, in_db, signed_in, until
from tests.inference.chat.socket_page import ORIGIN, Page, begun
from tests.inference.chat.test_desk import LONG

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


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
