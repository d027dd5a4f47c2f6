"""The engine's thread: it alone touches llama.cpp.

Each round it takes the commands that came in, loads another model when that one's turn has come, admits
what fits, computes one batch (a token for every answer being written, then prompts within the step's time),
and hands on the events of the round. A command therefore takes effect within one step.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

import psutil

from community_ai.core.logs import Plain
from inference.behaviour import Behaviour
from inference.engine.batcher import Batcher
from inference.engine.engine import FailureCode
from inference.engine.llama import DecodeFailed, ModelUnusable, start_backend
from inference.engine.prompt import TemplateFault, TooLong
from inference.engine.protocol import (
    DoneReason,
    Failed,
    Forget,
    Forgotten,
    Generate,
    Queued,
    Reply,
    Started,
    StatusReport,
    WorkerState,
)
from inference.engine.scheduler import Job, QueueFull, Scheduler
from inference.engine.served import EngineSettings, ModelOnDisk, Served
from inference.engine.stream import Stream

log = logging.getLogger(__name__)

KEEP_SECONDS = 15 * 60
"""How long a conversation stays in the cache after an answer."""

Deliver = Callable[[Sequence[tuple[int, Reply]]], None]
"""Takes (client, message) pairs from the engine's thread."""


class EngineLoop(threading.Thread):
    """Runs until `stop`. All public methods may be called from any thread and return at once."""

    def __init__(self, settings: EngineSettings, deliver: Deliver, ended: Callable[[], None]) -> None:
        """`ended` is called from the thread when it ends, also by a fault."""
        super().__init__(name="engine", daemon=True)
        self._ended = ended
        self._settings = settings
        self._deliver = deliver
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._scheduler = Scheduler()
        self._streams: dict[str, Stream] = {}
        self._served: Served | None = None
        self._batcher: Batcher | None = None
        self._loading = False
        self._problem = ""
        self._stopping = False
        self._outbox: list[tuple[int, Reply]] = []
        self._began = time.monotonic()

    # Commands, from other threads

    def submit(self, client: int, request: Generate, behaviour: Behaviour, model: ModelOnDisk) -> None:
        stream = Stream(client, request, behaviour, model, arrived=time.monotonic())
        # A deleted entry must leave no trace, so what was computed with one is not kept either.
        stream.keep = not request.passages
        self._commands.put(partial(self._submit, stream))

    def cancel(self, client: int, request_id: str) -> None:
        self._commands.put(partial(self._cancel, f"{client}/{request_id}"))

    def disconnect(self, client: int) -> None:
        self._commands.put(partial(self._disconnect, client))

    def forget(self, client: int, request: Forget) -> None:
        self._commands.put(partial(self._forget, client, request))

    def load(self, model: ModelOnDisk) -> None:
        """Load a model before anyone asks, unless one is loaded."""
        self._commands.put(partial(self._preload, model))

    def note_problem(self, problem: str) -> None:
        """What the status report says while no model is loaded."""
        self._problem = problem

    def stop(self) -> None:
        self._commands.put(self._stop)

    def report(self, request_id: str) -> StatusReport:
        """How the engine is, read without waiting for it."""
        served = self._served
        pace = served.pace if served else None
        return StatusReport(
            id=request_id,
            state=self._state(),
            problem="" if served else self._problem,
            model_sha256=served.file.sha256 if served else "",
            model_name=served.file.name if served else "",
            pid=psutil.Process().pid,
            uptime_seconds=int(time.monotonic() - self._began),
            running=len(self._scheduler.running),
            queued=self._scheduler.waiting,
            kept_conversations=len(served.ledger.kept) if served else 0,
            kv_tokens=served.ledger.cells if served else 0,
            kv_reserved=served.ledger.reserved if served else 0,
            context_tokens=served.context_tokens if served else 0,
            prompt_tokens_per_second=pace.prompt_tokens_per_second if pace else 0.0,
            answer_tokens_per_second=pace.answer_tokens_per_second if pace else 0.0,
            resident_mb=psutil.Process().memory_info().rss // (1024 * 1024),
        )

    def _state(self) -> WorkerState:
        if self._loading:
            return "loading"
        if self._served:
            return "ready"
        return "model_missing" if self._problem else "idle"

    # The thread

    def run(self) -> None:
        try:
            self._run()
        except Exception:
            log.exception("The engine's thread died.")
        finally:
            self._ended()

    def _run(self) -> None:
        start_backend()
        while True:
            self._take_commands()
            if self._stopping:
                break
            self._change_model()
            self._admit()
            self._tell_positions()
            self._hand_on()  # before the step: whoever waits hears of it at once
            self._step()
            self._hand_on()
        for stream in self._streams.values():
            stream.close()
        if self._served:
            self._served.close()

    def _take_commands(self) -> None:
        if not self._streams:
            try:
                self._commands.get(timeout=KEEP_SECONDS / 4)()
            except queue.Empty:
                if self._served:
                    self._served.ledger.expire(time.monotonic() - KEEP_SECONDS)
                    self._served.wipe()
        while not self._commands.empty():
            self._commands.get()()

    def _submit(self, stream: Stream) -> None:
        if stream.key in self._streams:
            self._refuse(stream, FailureCode.BAD_REQUEST, message="This id is in use on this connection.")
            return
        try:
            self._scheduler.submit(stream.job)
        except QueueFull as full:
            self._refuse(
                stream,
                FailureCode.BUSY,
                message=str(full),
                scope=full.scope,
                waiting=full.waiting,
                limit=full.limit,
            )
            return
        self._streams[stream.key] = stream
        if self._served and self._served.file.sha256 == stream.model.sha256:
            self._prepare(stream, self._served)

    def _refuse(self, stream: Stream, code: FailureCode, **detail: int | str) -> None:
        self._outbox.append((stream.client, Failed(stream.request.id, code, detail)))

    def _prepare(self, stream: Stream, served: Served) -> None:
        """Build the prompt, or fail the request while it waits."""
        stream.answer_limit = served.answer_limit(stream.behaviour, stream.request.max_tokens)
        try:
            request = stream.request
            stream.prompt = served.prompt(
                stream.behaviour, request.turns, stream.answer_limit, request.passages, request.remembered
            )
        except TooLong as error:
            self._fail(
                stream,
                FailureCode.TOO_LONG,
                message=str(error),
                prompt_tokens=error.prompt_tokens,
                limit=error.limit,
            )
        except TemplateFault as error:
            self._fail(stream, FailureCode.MODEL_MISSING, message=str(error))

    def _cancel(self, key: str) -> None:
        if stream := self._streams.get(key):
            self._finish(stream, "cancelled")

    def _disconnect(self, client: int) -> None:
        for stream in [s for s in self._streams.values() if s.client == client]:
            self._end(stream, keep=False)

    def _forget(self, client: int, request: Forget) -> None:
        dropped = 0
        if self._served:
            dropped = self._served.ledger.forget(request.member, request.conversation)
            self._served.wipe()
        for stream in self._streams.values():
            # What is being written for the member is not kept either when it ends.
            named = request.conversation in (None, stream.request.conversation)
            if stream.request.member == request.member and named:
                stream.keep = False
        self._outbox.append((client, Forgotten(request.id, dropped)))

    def _preload(self, model: ModelOnDisk) -> None:
        if self._served is None:
            self._serve(model)

    def _stop(self) -> None:
        self._stopping = True

    # Models take turns

    def _change_model(self) -> None:
        group = self._scheduler.next_group()
        if group is None:
            return
        streams = [self._streams[job.id] for job in self._scheduler.order() if job.group == group]
        self._serve(streams[0].model)
        for stream in streams:
            if self._served:
                self._prepare(stream, self._served)
            else:
                self._fail(stream, FailureCode.MODEL_MISSING, message=self._problem)

    def _serve(self, model: ModelOnDisk) -> None:
        """Load `model` in place of what is loaded; if that fails nothing is served, `_problem` says why."""
        if self._served:
            self._served.close()
        self._served = self._batcher = None
        self._loading = True
        try:
            self._served = Served(model, self._settings)
            self._batcher = Batcher(self._served)
            self._problem = ""
            log.info("Serving %s with room for %d tokens.", Plain(model.name), self._served.context.cells)
        except (ModelUnusable, DecodeFailed) as error:
            self._problem = str(error)
            log.error("%s", error)
        self._loading = False
        self._scheduler.begin_turn(model.sha256 if self._served else "")

    # One round

    def _admit(self) -> None:
        served = self._served
        if served is None:
            return

        def reserve(job: Job) -> bool:
            stream = self._streams[job.id]
            if stream.prompt is None:  # it failed while it was prepared, and is gone already
                return False
            held = served.ledger.reserve(
                job.id,
                tokens=stream.prompt.tokens,
                prefix_tokens=stream.prompt.prefix_tokens,
                answer_tokens=stream.answer_limit,
                prefix_key=stream.prefix_key,
                conversation=stream.kept_key,
            )
            served.wipe()
            if held is None:
                return False
            if held.reused:
                served.context.cut(held.seq, held.reused)
            stream.begin(served, held, stream.prompt)
            stream.events.append(Started(stream.request.id))
            return True

        self._scheduler.admit(reserve)

    def _tell_positions(self) -> None:
        if not self._scheduler.waiting or self._served is None:
            return
        running = len(self._scheduler.running)
        for position, job in enumerate(self._scheduler.order(), start=1):
            stream = self._streams[job.id]
            if stream.position != position:
                stream.position = position
                seconds = self._served.pace.wait_seconds(position, running)
                stream.events.append(Queued(stream.request.id, position, round(seconds, 1)))

    def _step(self) -> None:
        if self._batcher is None or self._served is None or not self._scheduler.running:
            return
        for outcome in self._batcher.step([self._streams[key] for key in self._scheduler.running]):
            if outcome.reason == "failed":
                message = "llama.cpp could not compute this request."
                self._fail(outcome.stream, FailureCode.DECODE_FAILED, message=message)
            else:
                self._served.pace.observe_answer(outcome.stream.answered)
                self._finish(outcome.stream, outcome.reason)

    def _hand_on(self) -> None:
        for stream in self._streams.values():
            if stream.events:
                self._outbox += [(stream.client, event) for event in stream.events]
                stream.events.clear()
        if self._outbox:
            self._deliver(self._outbox)
            self._outbox = []

    # Endings

    def _finish(self, stream: Stream, reason: DoneReason) -> None:
        stream.finish(reason, time.monotonic())
        self._end(stream, keep=stream.keep)

    def _fail(self, stream: Stream, code: FailureCode, **detail: int | str) -> None:
        stream.events.append(Failed(stream.request.id, code, detail))
        self._end(stream, keep=False)

    def _end(self, stream: Stream, *, keep: bool) -> None:
        """Give back what the stream holds; its last events go out with the round's."""
        del self._streams[stream.key]
        self._scheduler.remove(stream.key)
        stream.close()
        self._outbox += [(stream.client, event) for event in stream.events]
        if stream.admitted and self._served:
            computed = stream.tokens[: stream.computed]
            if stream.request.remembered and stream.prompt:
                # What a member lets the AI remember is used only while they do: nothing computed with it stays.
                computed = computed[: stream.prompt.lasting_tokens]
                self._served.context.cut(stream.seq, len(computed))
            self._served.ledger.release(
                stream.key,
                keep=stream.kept_key if keep else None,
                tokens=computed,
                now=time.monotonic(),
            )
            self._served.wipe()
