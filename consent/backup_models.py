"""Which model files a node has: the room above that keeps them registers the list. A backup names them by hash."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ModelFacts:
    """`name` is the file's name below `models/`, `origin` where it came from."""

    name: str
    sha256: str
    bytes: int
    origin: str

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "sha256": self.sha256, "bytes": self.bytes, "origin": self.origin}


_sources: list[Callable[[], Iterable[ModelFacts]]] = []


def register_models(source: Callable[[], Iterable[ModelFacts]]) -> None:
    """Add `source()`, asked for each backup; called from `ready()` of the room that keeps models."""
    _sources.append(source)


def known_models() -> Iterator[ModelFacts]:
    for source in _sources:
        yield from source()
