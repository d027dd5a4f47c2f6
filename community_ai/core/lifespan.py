"""Start and stop of the web process (the ASGI lifespan protocol), which daphne does not speak by itself.

Apps register what must run on the web process's event loop for as long as it serves; `asgi.py` answers the lifespan
scope with `lifespan`, and `manage.py web` plays the server's part with `LifespanDriver`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

logger = logging.getLogger(__name__)

Hook = Callable[[], Awaitable[None]]
_hooks: list[tuple[Hook, Hook]] = []


def register_lifespan(*, start: Hook, stop: Hook) -> None:
    """`start` is awaited before the first request is served, `stop` after the last."""
    _hooks.append((start, stop))


async def lifespan(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """The ASGI application for the `lifespan` scope (asgi.readthedocs.io, "Lifespan Protocol")."""
    started: list[Hook] = []
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                for start, stop in _hooks:
                    await start()
                    started.append(stop)
            except Exception as error:
                logger.exception("The web process could not start")
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            for stop in reversed(started):
                await stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


class LifespanFailed(Exception):
    """A hook could not start; the text says why."""


class LifespanDriver:
    """The server's side: `await startup()` before serving, `await shutdown()` at the end."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self._application = application
        self._to_application: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        """Raises LifespanFailed when a hook fails."""
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
        self._task = asyncio.ensure_future(self._application(scope, self._to_application.get, self._to_server.put))
        await self._to_application.put({"type": "lifespan.startup"})
        answer = await self._to_server.get()
        if answer["type"] == "lifespan.startup.failed":
            raise LifespanFailed(answer.get("message", ""))

    async def shutdown(self, *, within_seconds: float = 5.0) -> None:
        if self._task is None or self._task.done():
            return
        await self._to_application.put({"type": "lifespan.shutdown"})
        await asyncio.wait({self._task}, timeout=within_seconds)
