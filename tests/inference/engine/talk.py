"""Asking a worker, or an engine in this process, from a test."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

from inference.engine.client import AsyncEngineClient
from inference.engine.loop import EngineLoop
from inference.engine.protocol import Done, Failed, Generate, Reply, Text
from inference.engine.served import EngineSettings


async def ask(client: AsyncEngineClient, request: Generate) -> tuple[str, Done | Failed]:
    """The whole answer and how it ended."""
    text, last = "", None
    async for event in client.generate(request):
        if isinstance(event, Text):
            text += event.text
        last = event
    assert isinstance(last, Done | Failed)
    return text, last


async def done(client: AsyncEngineClient, request: Generate) -> Done:
    """How an answer that must not fail ended."""
    _, last = await ask(client, request)
    assert isinstance(last, Done), last
    return last


async def failed(client: AsyncEngineClient, request: Generate) -> Failed:
    """Why a request that must fail did."""
    _, last = await ask(client, request)
    assert isinstance(last, Failed), last
    return last


class Engine:
    """An engine in this process, and what it said."""

    def __init__(self) -> None:
        self.said: queue.Queue[Reply] = queue.Queue()
        self.ended = threading.Event()
        self.loop = EngineLoop(EngineSettings(threads=2, kv_memory_mb=64), self.deliver, self.ended.set)
        self.loop.start()

    def deliver(self, messages: Sequence[tuple[int, Reply]]) -> None:
        for _client, message in messages:
            self.said.put(message)

    def answers(self, count: int) -> dict[str, tuple[str, Done | Failed]]:
        """Wait until `count` requests have ended; what each was told and how it ended."""
        texts: dict[str, str] = {}
        ended: dict[str, tuple[str, Done | Failed]] = {}
        while len(ended) < count:
            message = self.said.get(timeout=120)
            if isinstance(message, Text):
                texts[message.id] = texts.get(message.id, "") + message.text
            elif isinstance(message, Done | Failed):
                ended[message.id] = (texts.get(message.id, ""), message)
        return ended

    def endings(self, count: int) -> dict[str, Done | Failed]:
        """Wait until `count` requests have ended."""
        return {name: end for name, (_text, end) in self.answers(count).items()}
