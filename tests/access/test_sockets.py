"""Every websocket × everybody × everybody's things: who connects, and what an action may touch."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import pytest
import pytest_asyncio
from channels.testing import WebsocketCommunicator
from django.test import Client

from community_ai.asgi import application
from community_ai.core.clock import clock_at
from inference import live
from tests.access.row import SIGNED_IN, SIGNED_OUT, Names, Who
from tests.access.rows.sockets import (
    ACTIONS,
    NOT_FOUND_CODE,
    ROOM,
    SIGNED_OUT_CODE,
    SOCKETS,
    WAITING_ROOM,
    message,
)
from tests.access.traces import changed, fingerprint
from tests.access.walk import sockets
from tests.access.world import NOW, World, build
from tests.inference.chat.conftest import in_db
from tests.inference.chat.socket_page import ORIGIN, Page

UNASKABLE = "Please write a question first"
NEW_KEY = re.compile(r'key" value="[^"]+"')


def test_every_websocket_and_every_action_has_its_row() -> None:
    missing = [
        f"{socket} is not in the table of who may do what: add it to tests/access/rows/sockets.py."
        for socket in sorted(sockets() - SOCKETS)
    ]
    assert missing == [], "\n".join(missing)


def test_every_row_has_its_websocket() -> None:
    assert SOCKETS - sockets() == set(), "The node has these no more; take them out of tests/access/rows/sockets.py."


@pytest_asyncio.fixture
async def world(transactional_db: None, tmp_path: Path) -> AsyncIterator[World]:
    """The community, and a desk whose worker is away: what is asked waits, and nothing is written meanwhile."""
    built = await in_db(build, [ROOM, WAITING_ROOM])
    with clock_at(NOW):
        await live.start(tmp_path / "no-worker.sock")
        try:
            yield built
        finally:
            await live.stop()


def page_of(world: World, who: Who, names: Names) -> Page:
    client = Client()
    client.cookies = world.cookies(who)
    return Page(client, names["conversation_id"])


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_who_connects(world: World) -> None:
    before = await in_db(fingerprint)
    for who in SIGNED_OUT:
        for whose in ("others", "absent"):
            page = await page_of(world, who, world.named(ROOM, whose, who)).open()
            assert await page.closes() == SIGNED_OUT_CODE, f"{who} {whose}"
            assert page.received == ""
    for who in SIGNED_IN:
        for whose in ("others", "absent"):
            page = await page_of(world, who, world.named(ROOM, whose, who)).open()
            assert await page.closes() == NOT_FOUND_CODE, f"{who} {whose}"
            assert page.received == ""
        page = await page_of(world, who, world.named(ROOM, "own", who)).open()
        await page.ask("", None)
        await page.sees(UNASKABLE)
        await page.leave()
    # There is no socket anywhere else.
    for who in Who:
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in world.cookies(who).items())
        headers = [(b"origin", ORIGIN), (b"cookie", cookie.encode())]
        for path in ("/", "/ws/", "/ws/chat/", "/ws/admin/", "/decisions/"):
            connected, _code = await WebsocketCommunicator(application, path, headers=headers).connect()
            assert not connected, f"{who} {path}"
    assert changed(before, await in_db(fingerprint)) == []


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_an_action_touches_ones_own_alone(world: World) -> None:
    for who, action in product(SIGNED_IN, ACTIONS):
        thing = WAITING_ROOM if action.about == "waiting" else ROOM
        mine = world.named(thing, "own", who)
        about, before = f"{action.name}, {who}", await in_db(fingerprint)
        others = await said(world, who, mine, message(action, world.named(thing, "others", who)), action.refusal)
        absent = await said(world, who, mine, message(action, world.named(thing, "absent", who)), action.refusal)
        assert others == absent, f"{about}: can tell another member's message from an absent one"
        assert str(world.neighbour) not in others
        assert changed(before, await in_db(fingerprint)) == [], f"{about}: another member's message"
        await said(world, who, mine, message(action, mine), "")
        assert bool(changed(before, await in_db(fingerprint))) is action.changes, f"{about}: their own message"


async def said(world: World, who: Who, mine: Names, sent: dict[str, str], sentence: str) -> str:
    """Everything that the page of one's own conversation is told after sending this."""
    page = await page_of(world, who, mine).open()
    await page.send(**sent)
    if sentence:
        await page.sees(sentence)
    elif sent["type"] == "watch":
        await page.sees('id="notices"')
    # Answered after what was sent, and touching nothing: then the action is over.
    await page.ask("", None)
    await page.sees(UNASKABLE)
    await page.leave()
    return NEW_KEY.sub("", page.received)
