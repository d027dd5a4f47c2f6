"""The desk where answers are written: one per web process, on its event loop.

The rows are the truth. The desk looks at all unfinished answers when somebody rings (and every few seconds anyway),
takes up those that nobody works on, stops those that are to be stopped, and drops those that were deleted. What the
engine says goes into a `LiveAnswer`; once a second everything new is written to the rows in one transaction. Sockets
follow a conversation and read the live answers at their own pace.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from community_ai.core.clock import now
from community_ai.core.logs import Plain
from inference.doorbell import Ring, listen, unlisten
from inference.engine.client import AsyncEngineClient, WorkerGone
from inference.engine.engine import FailureCode
from inference.engine.protocol import Done, Event, Failed, Queued, Started, StatusReport, Text
from inference.live.database_threads import DatabaseThreads
from inference.live.live_answer import LiveAnswer, Phase, Pulse
from inference.models import AnswerState
from inference.services import answers, lookups, memory
from inference.services.serving import Paused, paused

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
RECORD_SECONDS = 1.0
STATUS_SECONDS = 3.0
STATUS_AGAIN_SECONDS = 0.2
# How often a question without any text yet is asked again when the worker dies over it.
MAX_ASKED_AGAIN = 3
WAIT_FOR_WORKER_SECONDS = 600.0
# Too many wait in the worker, or the behaviour has just changed: so long until the next try, and so many tries.
BUSY_SECONDS = 2.0
MAX_BUSY_TRIES = 150
STOP_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 15.0


class AnswerDesk:
    """`await start()` once, `await stop()` at the end; everything else is called on the same event loop."""

    def __init__(self, client: AsyncEngineClient, database: DatabaseThreads) -> None:
        self._client = client
        self._database = database
        self._live: dict[UUID, LiveAnswer] = {}
        self._by_message: dict[UUID, LiveAnswer] = {}
        self._writers: dict[UUID, asyncio.Task[None]] = {}
        self._followers: dict[UUID, set[Pulse]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._rung = asyncio.Event()
        # Conversations for which somebody rang since the last look.
        self._changed: set[UUID] = set()
        self._worker_missed = asyncio.Event()
        self._worker_there = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.worker: StatusReport | None = None
        """What the worker said last; None while it cannot be reached."""

    async def start(self) -> None:
        await self._database.write(answers.recover, now=now())
        listen(self._on_ring)
        self._spawn(self._watch_worker())
        self._spawn(self._look_after_rows())
        self._spawn(self._record())

    async def stop(self) -> None:
        """Stop writing: what has text is interrupted with it, what still waits is asked again after the next start."""
        unlisten(self._on_ring)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for live in list(self._live.values()):
            if live.text and not live.settled:
                await self._settle(live, answers.interrupt, reason="node_restarted")
        await self._client.close()

    def live_answer(self, message_id: UUID) -> LiveAnswer | None:
        """The answer that is being written into this message. Only to be read; any thread may."""
        return self._by_message.get(message_id)

    def follow(self, conversation_id: UUID) -> Pulse:
        """A pulse that beats whenever something in the conversation changes. Give it back with `unfollow`."""
        pulse = Pulse()
        self._followers.setdefault(conversation_id, set()).add(pulse)
        return pulse

    def unfollow(self, conversation_id: UUID, pulse: Pulse) -> None:
        followers = self._followers.get(conversation_id, set())
        followers.discard(pulse)
        if not followers:
            self._followers.pop(conversation_id, None)

    # --- rings ---------------------------------------------------------------------------------------------------

    def _on_ring(self, ring: Ring) -> None:
        """Called from the thread that changed a row."""
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._ring, ring)

    def _ring(self, ring: Ring) -> None:
        self._changed.add(ring.conversation_id)
        self._rung.set()
        if ring.deleted:
            self._spawn(self._forget(ring))

    async def _forget(self, ring: Ring) -> None:
        """The worker drops what it keeps of a deleted conversation; a worker that is away keeps nothing."""
        with suppress(WorkerGone):
            await self._client.forget(str(ring.member_id), str(ring.conversation_id))

    def _beat(self, conversation_id: UUID, *, rows_changed: bool = False) -> None:
        for pulse in self._followers.get(conversation_id, ()):
            pulse.rows_changed |= rows_changed
            pulse.event.set()

    # --- rows ----------------------------------------------------------------------------------------------------

    async def _look_after_rows(self) -> None:
        while True:
            self._rung.clear()
            changed, self._changed = self._changed, set()
            known = set(self._live)
            try:
                self._compare(known, await self._database.read(answers.open_answers))
                await self._heed_brake()
            except DatabaseError:
                logger.exception("The unfinished answers could not be read; trying again")
            # Only now: the pages' first look at a new answer finds it on the desk, with its place in the line.
            for conversation_id in changed:
                self._beat(conversation_id, rows_changed=True)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), LOOK_SECONDS)

    def _compare(self, known: set[UUID], rows: Iterable[answers.OpenAnswer]) -> None:
        """Bring the desk in line with the unfinished rows, which were read after `known` was on the desk."""
        unfinished = {row.pk: row for row in rows}
        for row in unfinished.values():
            live = self._live.get(row.pk)
            if live is None and row.pk not in known and row.state == AnswerState.QUEUED:
                live = self._take_up(row)
            if live is not None and row.stop_requested:
                self._stop_soon(live)
        for key in known - unfinished.keys():
            live = self._live.get(key)
            if live is not None and not live.settled:  # its row was deleted
                self._stop_soon(live)

    async def _heed_brake(self) -> None:
        """Stop everything that is being written while the emergency brake stops the AI."""
        asked = [live for live in self._live.values() if live.phase != Phase.PAUSED and not live.braked]
        if not asked or await self._database.read(paused, now=now()) is None:
            return
        for live in asked:
            live.braked = True
            await self._client.cancel(str(live.row.pk))

    def _take_up(self, row: answers.OpenAnswer) -> LiveAnswer:
        ahead = sum(live.phase == Phase.WAITING for live in self._live.values())
        # Until the engine says more, one's place is behind those who wait already.
        live = LiveAnswer(row, position=ahead + 1)
        self._live[row.pk] = self._by_message[row.message_id] = live
        self._writers[row.pk] = self._spawn(self._write(live))
        return live

    def _put_away(self, live: LiveAnswer) -> None:
        self._live.pop(live.row.pk, None)
        self._writers.pop(live.row.pk, None)
        self._by_message.pop(live.row.message_id, None)
        self._beat(live.row.conversation_id, rows_changed=True)

    def _stop_soon(self, live: LiveAnswer) -> None:
        if not live.stopping:
            live.stopping = True
            self._spawn(self._stop(live))

    async def _stop(self, live: LiveAnswer) -> None:
        """The engine is asked to stop; if that does not end the answer, it ends here with what it has."""
        writer = self._writers[live.row.pk]
        if live.phase not in (Phase.RESTARTING, Phase.PAUSED):
            await self._client.cancel(str(live.row.pk))
            await asyncio.wait({writer}, timeout=STOP_SECONDS)
        if not writer.done():
            writer.cancel()
            await self._settle(live, answers.abandon)
            self._put_away(live)

    async def _record(self) -> None:
        while True:
            await asyncio.sleep(RECORD_SECONDS)
            grown = [live for live in self._live.values() if len(live.text) > live.recorded_length]
            if not grown:
                continue
            progress = [live.progress() for live in grown]
            try:
                await self._database.write(answers.record_progress, progress=progress)
            except DatabaseError:
                logger.exception("What was written could not be recorded; trying again")
                continue
            for live, item in zip(grown, progress, strict=True):
                live.recorded_length = len(item.text)

    async def _settle(self, live: LiveAnswer, end: Callable[..., bool], **figures: Any) -> None:
        """Write the end of an answer with its text. A database that is busy is asked until it takes it."""
        for attempt in count(1):
            try:
                await self._database.write(end, progress=live.progress(), now=now(), **figures)
                break
            except DatabaseError:
                logger.exception("The end of an answer could not be recorded; trying again")
                await asyncio.sleep(min(attempt, LONGEST_PAUSE_SECONDS))
        live.settled = True

    # --- the engine ----------------------------------------------------------------------------------------------

    async def _write(self, live: LiveAnswer) -> None:
        try:
            await self._ask_until_it_ends(live)
        except Exception:
            logger.exception("An answer could not be written")
            await self._settle(live, answers.interrupt, reason="node_error")
        finally:
            if live.settled:
                self._put_away(live)

    async def _ask_until_it_ends(self, live: LiveAnswer) -> None:
        died = tries = 0
        while True:
            if self.worker is None and not await self._worker_back(live):
                await self._settle(live, answers.interrupt, reason=FailureCode.WORKER_GONE)
                return
            live.braked = False
            try:
                request = await self._database.read(answers.request_for, answer_id=live.row.pk, now=now())
            except Paused:
                live.phase = Phase.PAUSED
                self._beat(live.row.conversation_id)
                await asyncio.sleep(BUSY_SECONDS)
                continue
            if request is None:  # stopped or deleted meanwhile
                live.settled = True
                return
            looked_up = await self._database.search(lookups.look_up, answer_id=live.row.pk, now=now())
            if looked_up is None:
                live.settled = True
                return
            if looked_up.whole:
                await self._say(live, looked_up.begins)
                return
            # Written down before it is read, so that whatever ends this use finds the answer and stops it.
            remembered = await self._database.write(memory.for_answer, answer_id=live.row.pk)
            request = replace(request, passages=looked_up.passages, remembered=remembered)
            last: Event = Failed(request.id, FailureCode.WORKER_GONE)
            async for event in self._client.generate(request):
                if isinstance(event, Text) and not live.text and looked_up.begins:
                    live.text = f"{looked_up.begins}\n\n"
                self._note(live, event)
                last = event
            if live.braked and not live.stopping:
                if not live.text:
                    continue
                await self._settle(live, answers.interrupt, reason=FailureCode.PAUSED)
                return
            if not isinstance(last, Failed):
                await self._settle(live, answers.finish, done=last)
                return
            if last.code == FailureCode.WORKER_GONE:
                self._miss_worker()
                died += 1
                if not live.text and died <= MAX_ASKED_AGAIN:
                    continue
            elif last.code in (FailureCode.BUSY, FailureCode.BEHAVIOUR_UNKNOWN) and tries < MAX_BUSY_TRIES:
                tries += 1
                live.phase = Phase.WAITING
                await asyncio.sleep(BUSY_SECONDS)
                continue
            logger.warning("An answer ended without its end: %s", Plain(last.code))
            if live.text or last.code == FailureCode.WORKER_GONE:
                await self._settle(live, answers.interrupt, reason=last.code)
            else:
                await self._settle(live, answers.fail, reason=last.code, detail=_figures(last))
            return

    async def _say(self, live: LiveAnswer, text: str) -> None:
        """The community's notes answer, or it has none: no model wrote this, and the row names none."""
        live.text, live.phase = text, Phase.WRITING
        self._beat(live.row.conversation_id)
        figures = {"prompt_tokens": 0, "cached_tokens": 0, "answer_tokens": 0, "first_token_ms": 0, "total_ms": 0}
        done = Done(id=str(live.row.pk), reason="end", model_sha256="", **figures)
        await self._settle(live, answers.finish, done=done)

    def _note(self, live: LiveAnswer, event: Event) -> None:
        match event:
            case Queued():
                live.phase = Phase.WAITING
                live.position, live.estimate_seconds = event.position, event.estimate_seconds
            case Started():
                live.phase = Phase.THINKING
                live.position = live.estimate_seconds = None
            case Text():
                live.phase = Phase.WRITING
                live.text += event.text
        self._beat(live.row.conversation_id)

    # --- the worker ----------------------------------------------------------------------------------------------

    async def _watch_worker(self) -> None:
        """Know whether the worker is there, so that answers need not find out one by one."""
        while True:
            try:
                self.worker = await self._client.status()
                self._worker_there.set()
            except WorkerGone:
                self._miss_worker()
            self._worker_missed.clear()
            with suppress(TimeoutError):
                steady = self.worker is not None and self.worker.state != "loading"
                pause = STATUS_SECONDS if steady else STATUS_AGAIN_SECONDS
                await asyncio.wait_for(self._worker_missed.wait(), pause)

    def _miss_worker(self) -> None:
        self.worker = None
        self._worker_there.clear()
        self._worker_missed.set()

    async def _worker_back(self, live: LiveAnswer) -> bool:
        """Wait until the worker is there (again); False after WAIT_FOR_WORKER_SECONDS."""
        live.phase = Phase.RESTARTING
        self._beat(live.row.conversation_id)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._worker_there.wait(), WAIT_FOR_WORKER_SECONDS)
        live.phase = Phase.WAITING
        self._beat(live.row.conversation_id)
        return self.worker is not None

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _figures(failed: Failed) -> dict[str, int | str]:
    """What the page may show of a failure. The engine's own sentence stays in the log."""
    return {name: value for name, value in failed.detail.items() if isinstance(value, int)}
