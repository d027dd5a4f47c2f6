"""What runs on the web process's event loop for as long as it serves: the desk and the watch over sessions.

`start` and `stop` are registered with `community_ai.core.lifespan`, so whoever serves `community_ai.asgi` runs them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from inference.engine.client import AsyncEngineClient
from inference.live.database_threads import DatabaseThreads
from inference.live.desk import AnswerDesk
from inference.live.live_answer import LiveAnswer
from inference.live.session_watch import SessionWatch

SWITCH_SECONDS = 0.0005


class NotServing(Exception):
    """This process does not serve the chat (yet, or any more)."""


@dataclass(frozen=True)
class Live:
    database: DatabaseThreads
    desk: AnswerDesk
    sessions: SessionWatch


_live: Live | None = None


async def start(socket_path: Path | None = None) -> None:
    """Begin to write answers, on the running event loop. `socket_path` is the worker's, by default this node's."""
    global _live
    # Threads that ask the database give up Python's lock at each statement; with the default of 5 ms they would wait
    # as long to get it back whenever another thread is busy.
    sys.setswitchinterval(SWITCH_SECONDS)
    database = DatabaseThreads()
    client = AsyncEngineClient(socket_path or settings.HOME.worker_socket)
    live = Live(database, AnswerDesk(client, database), SessionWatch(database))
    await live.desk.start()
    live.sessions.start()
    _live = live


async def stop() -> None:
    """End what `start` began. What is being written keeps what it has."""
    global _live
    live, _live = _live, None
    if live is not None:
        await live.sessions.stop()
        await live.desk.stop()
        await live.database.close()


def running() -> Live:
    """Raises NotServing."""
    if _live is None:
        raise NotServing
    return _live


def live_answer(message_id: UUID) -> LiveAnswer | None:
    """The answer that is being written into this message now; for pages, from any thread."""
    return None if _live is None else _live.desk.live_answer(message_id)


def worker_state() -> str:
    """ "ready", "loading", "away" or "model_missing"; for pages, from any thread."""
    if _live is None or _live.desk.worker is None:
        return "away"
    state = _live.desk.worker.state
    return "ready" if state == "idle" else state
