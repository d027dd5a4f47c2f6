"""Keeps one open conversation page up to date: tells its socket what changed since the last look.

It looks at most ten times a second, so a fast model or a slow line never piles up messages: what came meanwhile goes
out together. What is said to screen readers is rarer: when the answer begins, every seven seconds, and at the end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from community_ai.core.clock import now
from inference import answer_words, fragments
from inference.fragments import Shown
from inference.live.database_threads import DatabaseThreads
from inference.live.desk import AnswerDesk
from inference.live.live_answer import LiveAnswer, Phase

LOOK_SECONDS = 0.1
SAY_SECONDS = 7.0


class PageFollower:
    """`send` takes HTML for the socket. Run `run()` as a task; `watch` tells what the page shows."""

    def __init__(
        self,
        *,
        desk: AnswerDesk,
        database: DatabaseThreads,
        member_id: int,
        conversation_id: UUID,
        language: str,
        send: Callable[[str], Awaitable[None]],
    ) -> None:
        self._desk = desk
        self._database = database
        self._member_id = member_id
        self._conversation_id = conversation_id
        self._language = language
        self._send = send
        self._pulse = desk.follow(conversation_id)
        self._shown: Shown | None = None
        # What stands above the thread; None if the page may have something older.
        self._notices: str | None = None
        self._forget_progress()

    def _forget_progress(self) -> None:
        # How many characters of the unfinished answer the page has; None if it must get all of them.
        self._sent: int | None = None
        self._line = ""
        self._said = ""
        self._said_at = 0.0

    def watch(self, shown: Shown) -> None:
        """The page has just been opened, or its socket is back: it shows this."""
        self._shown = shown
        self._notices = None
        self._forget_progress()
        self.look()

    def expect(self, message_id: UUID) -> None:
        """The page has asked for another answer: its end is announced even if it comes before the next look."""
        if self._shown is not None:
            self._shown = replace(self._shown, open_id=message_id)

    def look(self) -> None:
        """Look at the rows soon."""
        self._pulse.rows_changed = True
        self._pulse.event.set()

    async def run(self) -> None:
        try:
            while True:
                rows_changed = await self._pulse.wait()
                if self._shown is not None:
                    await self._bring_up_to_date(self._shown, rows_changed)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._desk.unfollow(self._conversation_id, self._pulse)

    async def _bring_up_to_date(self, shown: Shown, rows_changed: bool) -> None:
        if rows_changed:
            html, now_shown = await self._database.read(
                fragments.bring_up_to_date,
                member_id=self._member_id,
                conversation_id=self._conversation_id,
                language=self._language,
                shown=shown,
            )
            if now_shown != shown:
                self._forget_progress()
                self._shown = now_shown
            if html:
                await self._send(html)
            shown = now_shown
            await self._renew_notices()
        live = self._desk.live_answer(shown.open_id) if shown.open_id else None
        if live is not None:
            await self._send_progress(live)

    async def _renew_notices(self) -> None:
        notices = await self._database.read(fragments.notices, language=self._language, now=now())
        if notices != self._notices:
            self._notices = notices
            await self._send(fragments.inside("notices", mark_safe(notices)))  # noqa: S308 - a rendered template

    async def _send_progress(self, live: LiveAnswer) -> None:
        message_id = live.row.message_id
        # Read once: what is written meanwhile goes out at the next look.
        text = live.text
        parts: list[str] = []
        with override(self._language):
            line = answer_words.progress(live)
            if line != self._line:
                self._line = line
                parts.append(fragments.inside(fragments.progress_id(message_id), line))
            parts += self._spoken(live, line)
        if self._sent is None:
            parts.append(fragments.inside(fragments.text_id(message_id), text))
        elif len(text) > self._sent:
            parts.append(fragments.at_end(fragments.text_id(message_id), conditional_escape(text[self._sent :])))
        self._sent = len(text)
        if parts:
            await self._send("".join(parts))

    def _spoken(self, live: LiveAnswer, line: str) -> list[str]:
        sentence = _("The AI is still writing.") if live.phase == Phase.WRITING and self._said else line
        moment = time.monotonic()
        if (sentence != self._said or live.phase == Phase.WRITING) and moment - self._said_at >= SAY_SECONDS:
            self._said, self._said_at = sentence, moment
            return [fragments.say(sentence)]
        return []
