"""How far the preparation for searches by meaning has come. The room above that computes it registers the figures.

They count only passages that the member may see: how many a label keeps from them is not theirs to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db.models import QuerySet

from governance.models import Member
from knowledge import access
from knowledge.models import Passage


@dataclass(frozen=True)
class Progress:
    """`done` of `total` passages can be found by their meaning."""

    done: int
    total: int

    @property
    def under_way(self) -> bool:
        return self.done < self.total


class Source(Protocol):
    def __call__(self, *, passages: QuerySet[Passage]) -> Progress | None: ...


_sources: list[Source] = []


def register_progress(source: Source) -> None:
    """Have `source` say how many of these passages are prepared, or None where this computer prepares none. Called from
    `ready()`."""
    if source not in _sources:
        _sources.append(source)


def progress_for(member: Member, *, now: datetime) -> Progress | None:
    """How much of what the member may see is prepared; None where nothing ever is."""
    passages = access.visible(Passage, member=member, now=now)
    return next((progress for source in _sources if (progress := source(passages=passages)) is not None), None)
