"""Tables that must say the same as the record: whatever was added to them, taken from them or put back to an older
state is found when the record is verified, even by somebody who removed the triggers first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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


def register_effects(table: str, kinds: Sequence[str], decisions: Callable[[], Iterable[int]]) -> None:
    """Each carried-out decision of `kinds` left one row in `table`, and no other decision did.

    `decisions` gives the ids that the rows name now. Taking the newest rule away would put an older one in force.
    """
    wanted = frozenset(kinds)

    def compare(entries: Sequence[Facts]) -> str:
        recorded = {facts["decision"] for facts in entries if facts.get("kind") in wanted}
        apart = recorded ^ set(decisions())
        return f"{table}: decision {min(apart)} and its effect are not what the record tells" if apart else ""

    register_agreement(["decision.carried_out"], compare)


def agreements() -> Iterator[Agreement]:
    yield from _agreements


def kinds_with_agreement() -> frozenset[str]:
    return frozenset().union(*(agreement.kinds for agreement in _agreements))
