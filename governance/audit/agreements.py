"""Tables that must say the same as the record: whatever was added to them, taken from them or put back to an older
state is found when the record is verified, even by somebody who removed the triggers first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Facts = Mapping[str, Any]
Compare = Callable[[Sequence[Facts]], str]
"""(the facts of all entries of these kinds, in order) -> what does not agree, or "" when all does."""


@dataclass(frozen=True)
class Agreement:
    kinds: frozenset[str]
    compare: Compare


_agreements: list[Agreement] = []


def register_agreement(kinds: Sequence[str], compare: Compare) -> None:
    """Have `compare` called with the facts of all entries of `kinds` at the end of each verification."""
    _agreements.append(Agreement(frozenset(kinds), compare))


def agreements() -> Iterator[Agreement]:
    yield from _agreements


def kinds_with_agreement() -> frozenset[str]:
    return frozenset().union(*(agreement.kinds for agreement in _agreements))
