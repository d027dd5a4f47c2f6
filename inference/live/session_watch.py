"""Closes sockets whose session has ended: signed out anywhere, expired, password changed, or the member suspended.

A socket outlives the page's sign-in check, so all open sockets' sessions are looked up together, about twice a second,
and each one again before anything that arrives on its socket is acted upon.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError
from django.utils.crypto import constant_time_compare

from community_ai.core.clock import now
from inference.live.database_threads import DatabaseThreads

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
SIGNED_OUT = 4401
"""Close code of a socket whose session has ended."""


@dataclass(eq=False)
class Watched:
    """One open socket: whose it is, under which session, and how to close it."""

    member_id: int
    session_key: str
    close: Callable[[int], Awaitable[None]]


def signed_in(sessions: Mapping[str, int]) -> dict[str, Any]:
    """The members, as the database has them now, of those `sessions` (session key: member's id) that sign them in.

    The rules are those of `django.contrib.auth.get_user`: the session exists and has not expired, it names this member,
    the member is active, and the session carries the hash of the member's present password.
    """
    store = SessionStore()
    rows = store.get_model_class().objects.filter(session_key__in=list(sessions), expire_date__gt=now())
    contents = {row.session_key: store.decode(row.session_data) for row in rows}
    members = get_user_model()._default_manager.in_bulk(set(sessions.values()))
    return {
        key: members[member_id]
        for key, member_id in sessions.items()
        if _signs_in(contents.get(key, {}), members.get(member_id))
    }


def _signs_in(session: Mapping[str, Any], member: Any) -> bool:
    return (
        member is not None
        and member.is_active
        and str(session.get(SESSION_KEY)) == str(member.pk)
        and constant_time_compare(session.get(HASH_SESSION_KEY) or "", member.get_session_auth_hash())
    )


class SessionWatch:
    """Watches the sockets that are added. Runs on the event loop from `start()` to `stop()`."""

    def __init__(self, database: DatabaseThreads) -> None:
        self._database = database
        # In the order of opening.
        self._sockets: dict[Watched, None] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._look_again_and_again())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def add(self, socket: Watched) -> None:
        self._sockets[socket] = None

    def discard(self, socket: Watched) -> None:
        self._sockets.pop(socket, None)

    def of_member(self, member_id: int) -> list[Watched]:
        """The member's open sockets, the oldest first."""
        return [socket for socket in self._sockets if socket.member_id == member_id]

    async def _look_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            sockets = list(self._sockets)
            if not sockets:
                continue
            try:
                still = await self._database.read(signed_in, {s.session_key: s.member_id for s in sockets})
            except DatabaseError:
                logger.exception("The sessions of the open pages could not be checked; trying again")
                continue
            await self._close([socket for socket in sockets if socket.session_key not in still])

    async def _close(self, sockets: Collection[Watched]) -> None:
        for socket in sockets:
            self.discard(socket)
        await asyncio.gather(*(socket.close(SIGNED_OUT) for socket in sockets), return_exceptions=True)
