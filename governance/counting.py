"""Counting votes: whole numbers in, a result that explains itself out. No database, no clock, no floating point.

Rules of every method:

- Quorum counts everyone who took part, abstentions too: `took_part * den >= num * eligible`, and at least one person.
- Simple majority: yes > no. Supermajority: yes * den >= num * (yes + no), for a share of at least one half.
- Consent: passes unless an objection ("no") stands. Consensus: passes unless somebody blocks, with yes > no.
- When all abstain, or yes and no are equal, things stay as they are, whatever the method.
- Of several ballots of one voter the last one counts.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

Voter = TypeVar("Voter", bound=Hashable)


class Choice(StrEnum):
    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"
    BLOCK = "block"


class Method(StrEnum):
    MAJORITY = "majority"
    SUPERMAJORITY = "supermajority"
    CONSENT = "consent"
    CONSENSUS = "consensus"


CHOICES: Mapping[Method, tuple[Choice, ...]] = {
    Method.MAJORITY: (Choice.YES, Choice.NO, Choice.ABSTAIN),
    Method.SUPERMAJORITY: (Choice.YES, Choice.NO, Choice.ABSTAIN),
    Method.CONSENT: (Choice.YES, Choice.NO, Choice.ABSTAIN),
    Method.CONSENSUS: (Choice.YES, Choice.NO, Choice.ABSTAIN, Choice.BLOCK),
}
"""What a voter may choose under each method. Under consent, NO is an objection."""


class Why(StrEnum):
    """The step of the arithmetic that settled the result."""

    NO_QUORUM = "no quorum"
    ALL_ABSTAINED = "all abstained"
    TIE = "tie"
    MORE_YES = "more yes"
    MORE_NO = "more no"
    SHARE_REACHED = "share reached"
    SHARE_MISSED = "share missed"
    OBJECTION = "objection"
    NO_OBJECTION = "no objection"
    BLOCKED = "blocked"
    NOT_BLOCKED = "not blocked"


@dataclass(frozen=True)
class Share:
    """An exact part of a whole, from 0/1 to 1/1. Raises ValueError for anything else."""

    num: int
    den: int

    def __post_init__(self) -> None:
        if type(self.num) is not int or type(self.den) is not int or self.den < 1 or not 0 <= self.num <= self.den:
            raise ValueError(f"not a share: {self.num!r}/{self.den!r}")

    def reached_by(self, part: int, whole: int) -> bool:
        """Whether part/whole >= num/den, decided by multiplying."""
        return part * self.den >= self.num * whole

    def least_of(self, whole: int) -> int:
        """The smallest whole number that reaches this share of `whole`."""
        return -(-self.num * whole // self.den)


@dataclass(frozen=True)
class Terms:
    """The part of a voting rule that counting needs. `threshold` is read by supermajority only.

    Raises ValueError for a threshold under one half: fewer than the others can never decide.
    """

    method: Method
    quorum: Share
    threshold: Share = Share(1, 2)

    def __post_init__(self) -> None:
        if self.threshold.num * 2 < self.threshold.den:
            raise ValueError(f"a threshold must be at least one half: {self.threshold}")


@dataclass(frozen=True)
class Result:
    """A counted vote. `needed` is how many had to take part; `why` says which step settled it."""

    terms: Terms
    eligible: int
    yes: int
    no: int
    abstain: int
    block: int
    why: Why

    @property
    def took_part(self) -> int:
        return self.yes + self.no + self.abstain + self.block

    @property
    def needed(self) -> int:
        return needed(self.terms, self.eligible)

    @property
    def passed(self) -> bool:
        return self.why in _PASSING


_PASSING = frozenset({Why.MORE_YES, Why.SHARE_REACHED, Why.NO_OBJECTION, Why.NOT_BLOCKED})


def needed(terms: Terms, eligible: int) -> int:
    """How many of `eligible` people must take part: the quorum, and never fewer than one."""
    return max(1, terms.quorum.least_of(eligible))


def latest(ballots: Iterable[tuple[Voter, Choice]]) -> dict[Voter, Choice]:
    """The choice that counts for each voter: the last of their ballots, in the order given."""
    return dict(ballots)


def base(
    *, frozen: Collection[Voter], took_part: Collection[Voter], left: Collection[Voter], leavers_stay: bool
) -> frozenset[Voter]:
    """Of whom the quorum is reckoned: those frozen at the opening.

    Where the rule lets leavers go, who left without having voted is taken out; a ballot once cast keeps its place,
    under a secret vote as under a named one.
    """
    everyone = frozenset(frozen)
    return everyone if leavers_stay else everyone - (frozenset(left) - frozenset(took_part))


def count(terms: Terms, *, choices: Iterable[Choice], eligible: int) -> Result:
    """Count one choice for each voter, in any order, against a base of `eligible` people.

    Raises ValueError when more took part than were eligible, or when a choice does not belong to the method.
    """
    tally = dict.fromkeys(Choice, 0)
    for choice in choices:
        tally[Choice(choice)] += 1
    if strangers := [str(choice) for choice, votes in tally.items() if votes and choice not in CHOICES[terms.method]]:
        raise ValueError(f"{terms.method} has no {strangers}")
    if sum(tally.values()) > eligible:
        raise ValueError(f"{sum(tally.values())} ballots for {eligible} eligible people")
    return tallied(terms, eligible=eligible, **{choice.value: votes for choice, votes in tally.items()})


def tallied(terms: Terms, *, eligible: int, yes: int, no: int, abstain: int, block: int) -> Result:
    """The result of votes that are added up already, as a decision keeps them."""
    why = _settle(terms, yes=yes, no=no, abstain=abstain, block=block, eligible=eligible)
    return Result(terms=terms, eligible=eligible, yes=yes, no=no, abstain=abstain, block=block, why=why)


def _settle(terms: Terms, *, yes: int, no: int, abstain: int, block: int, eligible: int) -> Why:
    if yes + no + abstain + block < needed(terms, eligible):
        return Why.NO_QUORUM
    if not (yes or no or block):
        return Why.ALL_ABSTAINED
    if terms.method is Method.CONSENSUS and block:
        return Why.BLOCKED
    if terms.method is Method.CONSENT:
        return Why.OBJECTION if no else Why.NO_OBJECTION
    if yes == no:
        return Why.TIE
    if terms.method is Method.SUPERMAJORITY:
        return Why.SHARE_REACHED if terms.threshold.reached_by(yes, yes + no) else Why.SHARE_MISSED
    if yes < no:
        return Why.MORE_NO
    return Why.NOT_BLOCKED if terms.method is Method.CONSENSUS else Why.MORE_YES
