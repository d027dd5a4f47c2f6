"""Asking a worker from a test."""

from __future__ import annotations

from inference.engine.client import AsyncEngineClient
from inference.engine.protocol import Done, Failed, Generate, Text


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
