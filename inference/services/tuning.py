"""Finds the representation of a model that this machine computes fastest, inside the loss the community allows."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from inference.engine.llama import ModelUnusable, start_backend, thread_count
from inference.engine.measure import Measured, Speed
from inference.engine.requantise import KINDS, requantise
from inference.models import ModelFile
from inference.services import model_files

TEXT = Path(__file__).resolve().parent.parent / "data" / "perplexity.txt"
ROUNDS = 3
WORTHWHILE = 0.95
"""A variant must need at most this part of the original's time, else the original stays."""
NOISE = 0.05
"""Differences of times, as parts of the original's, that a measurement cannot tell from chance."""


@dataclass(frozen=True)
class Trial:
    """One candidate: its size, loss, speed beside the original's in the same rounds, or why it was left out."""

    kind: str
    megabytes: int
    perplexity_increase: float
    speed: Speed | None
    time_ratio: float
    left_out: str


@dataclass(frozen=True)
class Tuning:
    """`kept` serves from now on: a new variant, or None when the original stays the best."""

    original: Speed
    trials: list[Trial]
    kept: ModelFile | None


def tune(
    *,
    file: ModelFile,
    tolerance_milli: int,
    memory_mb: int,
    say: Callable[[str], None],
    now: datetime,
) -> Tuning:
    """Re-quantise, measure and keep the fastest variant of an original, removing what was kept before.

    A candidate is left out when file and KV cache exceed `memory_mb`, or when its perplexity grows by more than
    `tolerance_milli` thousandths. Speeds are measured in pairs, the original and the candidate taking turns.
    Raises ModelUnusable when the original cannot be measured, ModelFileProblem or OSError when a file cannot be
    written.
    """
    start_backend()
    model_files.require_space(max(2 * file.parameters, file.bytes))
    bench = _Bench(file, tolerance_milli=tolerance_milli, memory_mb=memory_mb)
    try:
        with tempfile.TemporaryDirectory(dir=settings.HOME.models, prefix=".tune-") as folder:
            trials: list[tuple[Trial, Path]] = []
            for kind in KINDS:
                if kind == file.quantisation:
                    continue
                say(f"Trying {kind} ...")
                target = Path(folder) / f"{file.path.stem}.{kind}.gguf"
                trial = bench.try_out(kind, target)
                trials.append((trial, target))
                if trial.left_out:
                    target.unlink(missing_ok=True)
            kept = _keep_fastest(file, trials, now)
    finally:
        bench.close()
    return Tuning(bench.speed, [trial for trial, _ in trials], kept)


class _Bench:
    """The original, loaded and measured, for candidates to be compared with."""

    def __init__(self, file: ModelFile, *, tolerance_milli: int, memory_mb: int) -> None:
        self._file = file
        self._tolerance_milli = tolerance_milli
        self._memory_mb = memory_mb
        self._text = TEXT.read_text()
        self._threads = thread_count(settings.INFERENCE_THREADS)
        self._original = Measured(file.path, threads=self._threads)
        self._perplexity = self._original.perplexity(self._text)
        self.speed = _median([self._original.speed(self._text) for _ in range(ROUNDS)])

    def close(self) -> None:
        self._original.close()

    def try_out(self, kind: str, target: Path) -> Trial:
        """Write the candidate to `target` and measure it, as far as it stays inside the bounds."""
        try:
            requantise(self._file.path, target, kind=kind, threads=self._threads)
            megabytes = target.stat().st_size >> 20
            if megabytes + settings.INFERENCE_KV_MEMORY_MB > self._memory_mb:
                return Trial(kind, megabytes, 0.0, None, 0.0, "needs too much memory")
            candidate = Measured(target, threads=self._threads)
        except ModelUnusable as error:
            return Trial(kind, 0, 0.0, None, 0.0, str(error))
        try:
            increase = candidate.perplexity(self._text) / self._perplexity - 1
            if increase * 1000 > self._tolerance_milli:
                return Trial(kind, megabytes, increase, None, 0.0, "loses too much")
            pairs = [(self._original.speed(self._text), candidate.speed(self._text)) for _ in range(ROUNDS)]
        finally:
            candidate.close()
        ratio = statistics.median(new.typical_seconds / old.typical_seconds for old, new in pairs)
        return Trial(kind, megabytes, increase, _median([new for _, new in pairs]), ratio, "")


def _keep_fastest(file: ModelFile, trials: list[tuple[Trial, Path]], now: datetime) -> ModelFile | None:
    possible = [(trial, path) for trial, path in trials if not trial.left_out and trial.time_ratio <= WORTHWHILE]
    before = list(file.variants.all())
    kept = None
    if possible:
        # What is as fast within the measurement's noise is chosen by its size.
        fastest = min(trial.time_ratio for trial, _ in possible)
        level = [item for item in possible if item[0].time_ratio <= fastest + NOISE]
        trial, path = min(level, key=lambda item: item[0].megabytes)
        kept = model_files.add(
            path=path,
            origin=f"tuned from {file.filename}",
            now=now,
            source=file,
            # Less perplexity than the original is chance; it is recorded as no loss.
            perplexity_increase=max(Decimal(0), Decimal(trial.perplexity_increase).quantize(Decimal("0.00001"))),
        )
    for variant in before:
        if kept is None or variant.pk != kept.pk:
            model_files.discard(variant)
    return kept


def _median(speeds: list[Speed]) -> Speed:
    return Speed(
        statistics.median(s.prompt for s in speeds),
        statistics.median(s.single for s in speeds),
        statistics.median(s.together for s in speeds),
    )
