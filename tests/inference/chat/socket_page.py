"""A conversation page at its socket, through the node's whole ASGI application."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any
from uuid import UUID, uuid4

from channels.testing import WebsocketCommunicator
from django.test import Client

from community_ai.asgi import application
from governance.models import Member
from inference.models import Message
from tests.inference.chat.conftest import answered, asked, in_db

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
