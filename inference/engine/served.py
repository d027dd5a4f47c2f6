"""A model that is loaded and ready: weights, context, chat template and the ledger of its cache."""

import hashlib
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from inference.behaviour import Behaviour
from inference.engine.ledger import Ledger
from inference.engine.llama import (
    SEQUENCES,
    LlamaContext,
    LlamaModel,
    ModelUnusable,
    Part,
    cells_for,
    thread_count,
)
from inference.engine.manner import greeting_for
from inference.engine.prompt import ChatTemplate, Prompt, TemplateFault, build_prompt
from inference.engine.protocol import Passage, Turn
from inference.engine.scheduler import Pace


@dataclass(frozen=True)
class ModelOnDisk:
    """The file to serve a behaviour with: its path, its own SHA-256 and a name for people."""

    path: Path
    sha256: str
    name: str


@dataclass(frozen=True)
class EngineSettings:
    """`threads` 0 means all physical cores; `kv_memory_mb` bounds the memory of the KV cache."""

    threads: int = 0
    kv_memory_mb: int = 1024


def _check(file: ModelOnDisk) -> None:
    """What the community decided on is a content, not a name: raise ModelUnusable unless the file still has it."""
    try:
        with file.path.open("rb") as content:
            actual = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise ModelUnusable(f"The model file {file.path.name} cannot be read: {error.strerror}.") from error
    if actual != file.sha256:
        raise ModelUnusable(f"The model file {file.path.name} was changed since it was added.")


class Served:
    """One loaded model. Raises ModelUnusable when it cannot be loaded or has no usable chat template."""

    def __init__(self, file: ModelOnDisk, settings: EngineSettings) -> None:
        self.file = file
        _check(file)
        self.model = LlamaModel(file.path)
        try:
            if not self.model.chat_template:
                raise ModelUnusable(f"The model file {file.path.name} has no chat template.")
            self.template = ChatTemplate(self.model.chat_template, bos=self.model.bos_text, eos=self.model.eos_text)
            cells = cells_for(self.model, memory_mb=settings.kv_memory_mb)
            self.context = LlamaContext(self.model, cells=cells, threads=thread_count(settings.threads))
        except TemplateFault as error:
            self.model.close()
            raise ModelUnusable(str(error)) from error
        except ModelUnusable:
            self.model.close()
            raise
        self.ledger = Ledger(cells=self.context.cells, sequences=SEQUENCES)
        self.context_tokens = min(self.model.trained_context or self.context.cells, self.context.cells)
        self.pace = Pace()
        self._warm_up()

    def close(self) -> None:
        self.context.close()
        self.model.close()

    def answer_limit(self, behaviour: Behaviour, wanted: int | None) -> int:
        """Longest answer: the behaviour's, the request's if shorter, at most half the context; in tokens."""
        return min(behaviour.max_answer_tokens, wanted or behaviour.max_answer_tokens, self.context_tokens // 2)

    def prompt(
        self,
        behaviour: Behaviour,
        turns: tuple[Turn, ...],
        answer_limit: int,
        passages: tuple[Passage, ...] = (),
        remembered: tuple[str, ...] = (),
    ) -> Prompt:
        """The prompt's tokens. Raises TooLong or TemplateFault."""
        return build_prompt(
            template=self.template,
            tokenize=self.model.tokenize,
            charter=behaviour.instructions,
            turns=turns,
            limit=self.context_tokens - answer_limit,
            today=date.today(),
            bos=self.model.leading_token,
            greeting=greeting_for(behaviour, turns),
            passages=passages,
            remembered=remembered,
        )

    def wipe(self) -> None:
        """Empty the sequences that nobody holds any more."""
        while self.ledger.to_clear:
            self.context.cut(self.ledger.to_clear.pop())

    def _warm_up(self) -> None:
        """Touch the weights once and measure the first figures of the pace."""
        token = self.model.tokenize("a", False)[0]
        for _ in range(2):
            began = time.perf_counter()
            self.context.decode([Part(0, 0, [token] * 32, True)])
            self.pace.observe(decoded=0, prompt_tokens=32, ms=(time.perf_counter() - began) * 1000)
            self.context.cut(0)
        for position in range(3):
            began = time.perf_counter()
            self.context.decode([Part(0, position, [token], True)])
            self.pace.observe(decoded=1, prompt_tokens=0, ms=(time.perf_counter() - began) * 1000)
        self.context.cut(0)
