"""One step of the model: which tokens of which sequences go into a batch, and what comes of them."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from inference.engine.ledger import Prefix
from inference.engine.llama import BATCH, DecodeFailed, Part
from inference.engine.scheduler import PromptRow
from inference.engine.served import Served
from inference.engine.stream import Stream

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Work:
    """A stream's or a prefix's share of a batch."""

    owner: Stream | Prefix
    part: Part


@dataclass(frozen=True, slots=True)
class Outcome:
    """A stream that needs no further step: it met an end token, its last sentence or a limit, or its decode failed."""

    stream: Stream
    reason: Literal["end", "length", "failed"]


class Batcher:
    """Computes step after step for the streams of one loaded model."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._row = PromptRow()

    def step(self, streams: Sequence[Stream]) -> list[Outcome]:
        """Write one token for each answer that is being written, then read prompts within the step's time."""
        works = [
            Work(stream, Part(stream.seq, stream.computed, stream.tokens[-1:], True))
            for stream in streams
            if stream.writing
        ]
        decoding = len(works)
        prompts = self._prompts(streams)
        if prompts:
            budget = self._served.pace.budget(decoding=decoding, most=BATCH - decoding)
            remaining = [(name, _remaining(owner)) for name, owner in prompts.items()]
            for name, count in self._row.plan(remaining, budget).items():
                works.append(_chunk(prompts[name], count))
        began = time.perf_counter()
        outcomes = self._compute(works, streams)
        self._served.pace.observe(
            decoded=decoding,
            prompt_tokens=sum(len(work.part.tokens) for work in works[decoding:]),
            ms=(time.perf_counter() - began) * 1000,
        )
        return outcomes

    def _prompts(self, streams: Sequence[Stream]) -> dict[str, Stream | Prefix]:
        """What waits to be read, by name.

        Streams whose prefix is not ready wait for it, whoever asked first.
        """
        prompts: dict[str, Stream | Prefix] = {}
        for stream in streams:
            if stream.writing:
                continue
            prefix = stream.prefix
            if not prefix.ready:
                prompts[f"prefix {prefix.seq}"] = prefix
                continue
            if stream.computed < len(prefix.tokens):
                self._served.context.copy(prefix.seq, stream.seq, len(prefix.tokens))
                stream.computed = len(prefix.tokens)
            prompts[stream.key] = stream
        return prompts

    def _compute(self, works: Sequence[Work], streams: Sequence[Stream]) -> list[Outcome]:
        """Decode `works`.

        A batch that llama.cpp refuses is halved until the one at fault is alone; only that fails.
        """
        if not works:
            return []
        try:
            rows = self._served.context.decode([work.part for work in works])
        except DecodeFailed as error:
            if len(works) == 1:
                log.error("%s", error)
                owner = works[0].owner
                failed = [owner] if isinstance(owner, Stream) else [s for s in streams if s.prefix is owner]
                return [Outcome(stream, "failed") for stream in failed]
            half = len(works) // 2
            return self._compute(works[:half], streams) + self._compute(works[half:], streams)
        outcomes = []
        now = time.monotonic()
        for work, row in zip(works, rows, strict=True):
            work.owner.computed += len(work.part.tokens)
            if row >= 0 and isinstance(work.owner, Stream) and (outcome := self._sample(work.owner, row, now)):
                outcomes.append(outcome)
        return outcomes

    def _sample(self, stream: Stream, row: int, now: float) -> Outcome | None:
        model = self._served.model
        if stream.manner.only_greeted:  # a greeting alone is no answer
            self._served.context.forbid(row, model.end_tokens)
        token = stream.sampler.sample(self._served.context, row)
        if token in model.end_tokens:
            return Outcome(stream, "end")
        stream.add_token(token, model.piece(token), now)
        if stream.manner.complete:
            return Outcome(stream, "end")
        return Outcome(stream, "length") if stream.answered >= stream.answer_limit else None


def _remaining(owner: Stream | Prefix) -> int:
    return len(owner.tokens) - owner.computed


def _chunk(owner: Stream | Prefix, count: int) -> Work:
    start = owner.computed
    last = isinstance(owner, Stream) and start + count == len(owner.tokens)
    return Work(owner, Part(owner.seq, start, owner.tokens[start : start + count], last))
