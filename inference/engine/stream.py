"""One request on its way through the engine: what it asked, how far it is, and what it has to say."""

import secrets
from dataclasses import dataclass, field

from inference.behaviour import Behaviour
from inference.engine.ledger import KeptKey, Prefix, PrefixKey, Running
from inference.engine.llama import Sampler, TextAssembler
from inference.engine.manner import Manner
from inference.engine.prompt import Prompt
from inference.engine.protocol import Done, DoneReason, Event, Generate, Text
from inference.engine.scheduler import Job
from inference.engine.served import ModelOnDisk, Served

FLUSH_SECONDS = 0.025
"""Text is handed on at most this often: faster than anyone reads, and cheap for both processes."""


@dataclass(slots=True)
class Stream:
    """A request of `client`.

    `tokens` is the prompt, with the greeting, and then the answer as the model wrote it, which `manner` makes what is
    shown; the first `computed` are in the cache.
    """

    client: int
    request: Generate
    behaviour: Behaviour
    model: ModelOnDisk
    arrived: float
    prompt: Prompt | None = None
    answer_limit: int = 0
    admitted: bool = False
    held: Running = field(init=False)
    sampler: Sampler = field(init=False)
    manner: Manner = field(init=False)
    tokens: list[int] = field(default_factory=list)
    computed: int = 0
    cached: int = 0
    answered: int = 0
    first_token_at: float = 0.0
    position: int = 0
    keep: bool = True
    events: list[Event] = field(default_factory=list)
    _assembler: TextAssembler = field(default_factory=TextAssembler)
    _text: list[str] = field(default_factory=list)
    _flushed_at: float = 0.0

    @property
    def key(self) -> str:
        """Unique in the engine: request ids are unique only on their connection."""
        return f"{self.client}/{self.request.id}"

    @property
    def job(self) -> Job:
        return Job(self.key, self.request.member, self.model.sha256)

    @property
    def prefix_key(self) -> PrefixKey:
        return PrefixKey(self.model.sha256, self.behaviour.sha256)

    @property
    def kept_key(self) -> KeptKey | None:
        if self.request.conversation is None:
            return None
        return KeptKey(self.request.member, self.request.conversation, self.prefix_key)

    @property
    def seq(self) -> int:
        """Its sequence in the cache, once admitted."""
        return self.held.seq

    @property
    def prefix(self) -> Prefix:
        """The public prefix that it builds on, once admitted."""
        return self.held.prefix

    @property
    def writing(self) -> bool:
        """True when the whole prompt is read and the last token of the answer waits to be decoded."""
        return self.answered > 0

    def begin(self, served: Served, held: Running, prompt: Prompt) -> None:
        """The request was admitted: continue from what the cache holds of its prompt."""
        self.admitted = True
        self.held = held
        self.tokens = list(prompt.tokens)
        self.computed = held.reused
        self.cached = max(held.reused, len(held.prefix.tokens) if held.prefix.ready else 0)
        self.manner = Manner(self.behaviour, greeting=prompt.greeting)
        self.sampler = Sampler(served.model, self.behaviour, secrets.randbits(32))

    def add_token(self, token: int, piece: bytes, now: float) -> None:
        """The model's next token."""
        self.tokens.append(token)
        self.answered += 1
        if self.answered == 1:
            self.first_token_at = now
        if (whole := self._assembler.add(piece)) and (text := self.manner.add(whole)):
            self._text.append(text)
            if now - self._flushed_at >= FLUSH_SECONDS:
                self._flushed_at = now
                self._flush()

    def finish(self, reason: DoneReason, now: float) -> None:
        """The answer ended: `end`, `length` or `cancelled`."""
        if self.answered:
            self._text.append(self.manner.finish())
        self._flush()
        self.events.append(
            Done(
                id=self.request.id,
                reason=reason,
                prompt_tokens=len(self.prompt.tokens) if self.prompt else 0,
                cached_tokens=self.cached,
                answer_tokens=self.answered,
                first_token_ms=round((self.first_token_at - self.arrived) * 1000) if self.answered else 0,
                total_ms=round((now - self.arrived) * 1000),
                model_sha256=self.model.sha256,
                remembered=self.prompt.remembered if self.prompt else 0,
            )
        )

    def close(self) -> None:
        """Free what llama.cpp holds for it."""
        if self.admitted:
            self.sampler.close()

    def _flush(self) -> None:
        if text := "".join(self._text):
            self.events.append(Text(self.request.id, text))
        self._text.clear()
