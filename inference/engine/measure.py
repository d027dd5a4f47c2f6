"""How fast a model file is on this machine, and how well it predicts a text. Used to compare representations."""

import ctypes
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from llama_cpp import llama_cpp as ll

from inference.engine.llama import BATCH, LlamaContext, LlamaModel, Part

CELLS = 4096
PROMPT_TOKENS = 256
TOGETHER = 8
STEPS = 24


@dataclass(frozen=True)
class Speed:
    """Tokens per second: reading a prompt, writing one answer, writing TOGETHER answers at once (in all)."""

    prompt: float
    single: float
    together: float

    @property
    def typical_seconds(self) -> float:
        """Reading 200 tokens, writing 64 alone and 512 in company: lower is better. The mix is our choice."""
        return 200 / self.prompt + 64 / self.single + 512 / self.together


class Measured:
    """A model file that is loaded to be measured. Raises ModelUnusable. Close it after use."""

    def __init__(self, path: Path, *, threads: int) -> None:
        self._model = LlamaModel(path)
        self._context = LlamaContext(self._model, cells=CELLS, threads=threads)

    def close(self) -> None:
        self._context.close()
        self._model.close()

    def speed(self, text: str) -> Speed:
        """One measurement, on the tokens of `text`."""
        tokens = self._model.tokenize(text, False)[:PROMPT_TOKENS]
        context = self._context
        began = time.perf_counter()
        context.decode([Part(0, 0, tokens, True)])
        prompt = len(tokens) / (time.perf_counter() - began)
        for seq in range(1, TOGETHER):
            context.copy(0, seq, len(tokens))
        single = self._write(1, len(tokens), tokens)
        context.cut(0, len(tokens))
        together = self._write(TOGETHER, len(tokens), tokens)
        for seq in range(TOGETHER):
            context.cut(seq)
        return Speed(prompt, single, together)

    def perplexity(self, text: str) -> float:
        """exp of the mean negative log-likelihood of each token given those before it, in windows of BATCH tokens."""
        tokens = self._model.tokenize(text, False)
        losses: list[float] = []
        for start in range(0, len(tokens), BATCH):
            window = tokens[start : start + BATCH]
            logits = self._all_logits(window)  # (T, V)
            peak = logits.max(axis=1, keepdims=True)
            log_norm = np.log(np.exp(logits - peak).sum(axis=1)) + peak[:, 0]
            chosen = logits[np.arange(len(window) - 1), window[1:]]
            losses += list(log_norm[:-1] - chosen)
        return float(np.exp(np.mean(losses)))

    def _write(self, answers: int, start: int, tokens: list[int]) -> float:
        began = time.perf_counter()
        for step in range(STEPS):
            token = tokens[step % len(tokens) :][:1]
            self._context.decode([Part(seq, start + step, token, True) for seq in range(answers)])
        return answers * STEPS / (time.perf_counter() - began)

    def _all_logits(self, window: list[int]) -> np.ndarray:
        rows = [Part(0, i, window[i : i + 1], True) for i in range(len(window))]
        self._context.decode(rows)
        size = len(window) * self._model.vocab_size
        flat = ctypes.cast(ll.llama_get_logits(self._context.pointer), ctypes.POINTER(ctypes.c_float * size))
        logits = np.array(flat.contents, dtype=np.float32).reshape(len(window), -1)
        self._context.cut(0)
        return logits
