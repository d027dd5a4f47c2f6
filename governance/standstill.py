"""Times at which the community's matters stand still: the node can be read, and only one vote can be taken part in.

Governance knows that there are such times, not why: the room that knows registers it in its `ready()`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Standstill:
    """`proposal_id` is the vote that ends it, if one is open."""

    proposal_id: int | None


_source: Callable[[], Standstill | None] = lambda: None  # noqa: E731


def register_standstill(source: Callable[[], Standstill | None]) -> None:
    """`source()` says whether the community's matters stand still now."""
    global _source
    _source = source


def present() -> Standstill | None:
    return _source()
