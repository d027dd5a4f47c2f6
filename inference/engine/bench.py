"""The same questions through llama-cpp-python's high-level class and through our worker's socket, in one run.

Both sides are processes of their own with the same model file, threads and sampling, and take turns, so that a noisy
machine disturbs both alike. Figures are medians over the rounds.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from inference.behaviour import Behaviour
from inference.engine.client import AsyncEngineClient
from inference.engine.protocol import Done, Failed, Generate, Text, Turn

TOKENS = 64
CONTEXT = 8192
LONG_PROMPT_TOKENS = 2000

TOPICS = (
    "baking bread", "a rainy market day", "mending a fishing net", "the old mill", "a school garden", "beekeeping",
    "the night bus", "a village choir", "repairing bicycles", "the harvest feast", "a lost goat", "building a well",
    "the harbour at dawn", "weaving baskets", "a power cut", "planting trees",
)  # fmt: skip


class BenchFailed(Exception):
    """One side did not do the work; the text says what it said."""


@dataclass(frozen=True)
class Sample:
    """One answer: milliseconds to its first token since the work began, and its tokens."""

    first_ms: float
    tokens: int


@dataclass(frozen=True)
class Figures:
    """One side's medians for one amount of work: tokens a second in all, and ms to the first token."""

    tokens_per_second: float
    first_token_ms: float
    first_token_p95_ms: float


@dataclass(frozen=True)
class Comparison:
    """`at_once` questions asked together; the reference answers them one after the other."""

    at_once: int
    reference: Figures
    worker: Figures

    @property
    def speed_ratio(self) -> float:
        return self.worker.tokens_per_second / self.reference.tokens_per_second

    @property
    def first_token_ratio(self) -> float:
        return self.worker.first_token_ms / self.reference.first_token_ms


@dataclass(frozen=True)
class Interference:
    """Pauses of a reader's answer in ms, alone and while another member's long prompt is read."""

    prompt_tokens: int
    alone_median_ms: float
    beside_median_ms: float
    beside_p95_ms: float

    @property
    def delay_ms(self) -> float:
        return self.beside_median_ms - self.alone_median_ms


@dataclass(frozen=True)
class Report:
    comparisons: list[Comparison]
    interference: Interference
    reference_peak_mb: int
    worker_peak_mb: int

    def to_json(self) -> dict[str, object]:
        """All figures and ratios as plain JSON."""
        return {
            "comparisons": [
                {**asdict(c), "speed_ratio": c.speed_ratio, "first_token_ratio": c.first_token_ratio}
                for c in self.comparisons
            ],
            "interference": {**asdict(self.interference), "delay_ms": self.interference.delay_ms},
            "peak_memory_mb": {"reference": self.reference_peak_mb, "worker": self.worker_peak_mb},
        }


def run(
    *,
    behaviour: Behaviour,
    worker_model: Path,
    reference_model: Path,
    threads: int,
    reference_threads: int,
    kv_memory_mb: int,
    checkout: Path,
    rounds: int,
    say: Callable[[str], None],
) -> Report:
    """Measure. `behaviour` gives instructions and sampling to both sides; 0 threads are each side's own choice.

    Raises BenchFailed.
    """
    with tempfile.TemporaryDirectory() as folder, _Reference(reference_model, reference_threads, checkout) as reference:
        socket, behaviour_file = Path(folder) / "worker.sock", Path(folder) / "behaviour.json"
        behaviour_file.write_text(json.dumps(behaviour.to_json()))
        command = ["inference.engine.solo", socket, behaviour_file, worker_model]
        command += ["--threads", threads, "--kv-memory-mb", kv_memory_mb]
        with _python(command, checkout) as process:
            return asyncio.run(_measure(behaviour, socket, process, reference, rounds, say))


async def _measure(
    behaviour: Behaviour,
    socket: Path,
    process: subprocess.Popen[str],
    reference: "_Reference",
    rounds: int,
    say: Callable[[str], None],
) -> Report:
    async with _connected(socket) as client:
        side = _WorkerSide(client, behaviour)
        for _ in range(2):  # both have read the instructions before anything counts
            reference.ask(behaviour, questions(1, 0))
            await side.ask(questions(1, 0))
        comparisons = []
        for at_once, repeats in ((1, 4 * rounds), (8, rounds), (16, rounds)):
            say(f"{at_once} at once ...")
            pairs = []
            for number in range(repeats):
                asked = questions(at_once, number)
                first, second = reference.ask(behaviour, asked), await side.ask(asked)
                pairs.append((first, second))
            comparisons.append(
                Comparison(at_once, _figures([pair[0] for pair in pairs]), _figures([pair[1] for pair in pairs]))
            )
        say(f"A prompt of {LONG_PROMPT_TOKENS} tokens beside an answer ...")
        interference = await side.interference(rounds)
        return Report(comparisons, interference, _peak_mb(reference.process), _peak_mb(process))


def questions(count: int, number: int) -> list[str]:
    """Questions that call for long answers; neighbours, also of the next `number`, differ from their first word on."""
    topics = [TOPICS[(i + number) % len(TOPICS)] for i in range(count)]
    return [f"{topic.capitalize()}: tell me a long story about it, with many details. ({number})" for topic in topics]


def sampling(behaviour: Behaviour) -> dict[str, float]:
    """A behaviour's sampling as the high-level class takes it."""
    return {
        "temperature": behaviour.temperature_milli / 1000,
        "top_p": behaviour.top_p_milli / 1000,
        "top_k": behaviour.top_k,
        "min_p": behaviour.min_p_milli / 1000,
        "repeat_penalty": behaviour.repeat_penalty_milli / 1000,
    }


class _WorkerSide:
    def __init__(self, client: AsyncEngineClient, behaviour: Behaviour) -> None:
        self._client = client
        self._behaviour = behaviour
        self._number = 0

    async def ask(self, asked: list[str]) -> tuple[float, list[Sample]]:
        """All questions at once, each from a member of its own; returns seconds in all and the samples."""
        began = time.perf_counter()
        samples = await asyncio.gather(*(self._one(question, began) for question in asked))
        return time.perf_counter() - began, list(samples)

    async def interference(self, rounds: int) -> Interference:
        alone: list[float] = []
        beside: list[float] = []
        prompt_tokens = 0
        for _ in range(rounds):
            pauses, _tokens = await self._pauses(None)
            alone += pauses
            pauses, prompt_tokens = await self._pauses(_long_question())
            beside += pauses
        return Interference(prompt_tokens, statistics.median(alone), statistics.median(beside), _p95(beside))

    async def _pauses(self, long_question: str | None) -> tuple[list[float], int]:
        """Pauses (ms) between the pieces of an answer; with a long question only those while it is read."""
        reading = asyncio.Event()
        read = asyncio.Event()
        tokens = 0

        async def other() -> None:
            nonlocal tokens
            await reading.wait()
            async for event in self._client.generate(self._request(long_question or "", 1)):
                if isinstance(event, Failed):
                    raise BenchFailed(f"The worker failed: {event.code} {event.detail}")
                if isinstance(event, Done):
                    tokens = event.prompt_tokens
            read.set()

        task = asyncio.create_task(other()) if long_question else None
        pauses, last = [], 0.0
        stream = self._client.generate(self._request(questions(1, self._number)[0], 400))
        async for event in stream:
            if isinstance(event, Text):
                now = time.perf_counter()
                if last and (task is None or (reading.is_set() and not read.is_set())):
                    pauses.append((now - last) * 1000)
                last = now
                if task and not reading.is_set():
                    reading.set()
                if (task is None and len(pauses) >= 8) or read.is_set():
                    break
        await stream.aclose()  # type: ignore[attr-defined]
        reading.set()
        if task:
            await task
        return pauses, tokens

    async def _one(self, question: str, began: float) -> Sample:
        first = 0.0
        async for event in self._client.generate(self._request(question, TOKENS)):
            if isinstance(event, Text):
                first = first or time.perf_counter() - began
            elif isinstance(event, Done):
                return Sample(first * 1000, event.answer_tokens)
            elif isinstance(event, Failed):
                raise BenchFailed(f"The worker failed: {event.code} {event.detail}")
        raise BenchFailed("The worker ended an answer without a word.")

    def _request(self, question: str, tokens: int) -> Generate:
        self._number += 1
        return Generate(
            id=f"bench:{self._number}",
            member=f"member {self._number}",
            conversation=None,
            behaviour=self._behaviour.sha256,
            turns=(Turn("user", question),),
            max_tokens=tokens,
        )


class _Reference:
    """The high-level class in its own process."""

    def __init__(self, model: Path, threads: int, checkout: Path) -> None:
        command = ["inference.engine.reference", model, "--threads", threads, "--context", CONTEXT]
        self._running = _python(command, checkout)

    def __enter__(self) -> "_Reference":
        self.process = self._running.__enter__()
        self._read()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._running.__exit__(None, None, None)

    def ask(self, behaviour: Behaviour, asked: list[str]) -> tuple[float, list[Sample]]:
        """The questions one after the other; first tokens count from the moment when all were asked."""
        began = time.perf_counter()
        samples = []
        for question in asked:
            waited = (time.perf_counter() - began) * 1000
            work = {"instructions": behaviour.instructions, "question": question, "tokens": TOKENS}
            self._write({**work, "sampling": sampling(behaviour)})
            done = self._read()
            samples.append(Sample(waited + done["first_ms"], int(done["tokens"])))
        return time.perf_counter() - began, samples

    def _write(self, work: dict[str, object]) -> None:
        if self.process.stdin is None:
            raise BenchFailed("The reference has no input.")
        self.process.stdin.write(json.dumps(work) + "\n")
        self.process.stdin.flush()

    def _read(self) -> dict[str, float]:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise BenchFailed("The reference ended before it answered.")
        return json.loads(line)


@contextmanager
def _python(arguments: list[object], checkout: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=checkout,
        env=dict(os.environ),
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


@asynccontextmanager
async def _connected(socket: Path) -> AsyncIterator[AsyncEngineClient]:
    client = AsyncEngineClient(socket)
    try:
        for _ in range(600):
            if socket.exists() and (await client.status()).state in ("ready", "model_missing"):
                break
            await asyncio.sleep(0.1)
        report = await client.status()
        if report.state != "ready":
            raise BenchFailed(f"The worker cannot serve the model: {report.problem or report.state}")
        yield client
    finally:
        await client.close()


def _figures(rounds: list[tuple[float, list[Sample]]]) -> Figures:
    return Figures(
        statistics.median(sum(s.tokens for s in samples) / seconds for seconds, samples in rounds),
        statistics.median(statistics.median(s.first_ms for s in samples) for _, samples in rounds),
        _p95([s.first_ms for _, samples in rounds for s in samples]),
    )


def _p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


def _long_question() -> str:
    sentence = "The members of the village met again and talked about the bridge. "  # about 12 tokens
    return sentence * (LONG_PROMPT_TOKENS // 12) + "What did they talk about?"


def _peak_mb(process: subprocess.Popen[str]) -> int:
    """Highest resident memory of a process so far (VmHWM, proc(5))."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0
