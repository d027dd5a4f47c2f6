"""What every room holds about a person, and how it forgets it.

Each room registers a `Holding` for each kind of thing, from its `holdings.py`, in `ready()`. The page "What the AI
knows about me", the archive to take along, the preview and the erasure itself walk this one list, so nothing of a
person can be in a table that they do not see. `tests/house/test_holdings.py` compares the list with the models.

A member comes as the row or, where the row may be gone already, as its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.utils.functional import Promise

Text = str | Promise


class Teaching(StrEnum):
    """What becomes of what a member taught and wrote for others when they leave."""

    WITHDRAW = "withdraw"  # it goes with them
    ANONYMISE = "anonymise"  # it stays, and nobody can tell that it was theirs


@dataclass(frozen=True)
class Piece:
    """One thing on the page. `key` names it for `erase_piece`; `where` is the address where it is seen or corrected."""

    key: str
    title: Text
    text: Text = ""
    when: datetime | None = None
    where: str = ""
    # Whether this one can be erased alone.
    erasable: bool = False


class Pieces(Protocol):
    def __call__(self, member: Any, *, offset: int, limit: int) -> Sequence[Piece]: ...


class Erase(Protocol):
    """Forget what this holding has of a member; idempotent, and called inside a transaction.

    Returns how many things went. It must work without the personal key, which is destroyed before.
    """

    def __call__(self, *, member_id: int, teaching: Teaching, now: datetime) -> int: ...


class ErasePiece(Protocol):
    """Forget some pieces of a member's own; pieces that are gone already are no error. Returns how many went."""

    def __call__(self, *, member_id: int, keys: Sequence[str], now: datetime) -> int: ...


class Shut(Protocol):
    def __call__(self, *, member_id: int, now: datetime) -> None: ...


# Takes keys of pieces, gives a sentence for each of which it knows something.
Trace = Callable[[Sequence[str]], dict[str, Text]]


@dataclass(frozen=True)
class End:
    """Until when something is kept, in a sentence; `where` is the address of the decision that says so, if one did."""

    sentence: Text
    where: str = ""


@dataclass(frozen=True)
class Holding:
    """One kind of thing that a room holds about a person.

    `why` says in words why it is kept and until when. `models` are the tables that it answers for ("app.Model").
    `stays` says what of it stays after an erasure, and why, for each choice; "" when all of it goes. `alone`: a member
    may erase this kind and stay. `order` of erasing: what refers to other rows goes first (lower numbers).
    """

    key: str
    room: str
    name: Text
    why: Text
    models: frozenset[str]
    count: Callable[[Any], int]
    pieces: Pieces
    export: Callable[[Any], Iterator[dict[str, Any]]]
    erase: Erase
    # One of the member's own pieces by its key, for kinds whose pieces can be erased alone.
    one: Callable[[Any, str], Piece | None] | None = None
    erase_pieces: ErasePiece | None = None
    stays: Callable[[Teaching], Text] = field(default=lambda teaching: "")
    alone: bool = False
    # Whether it goes when the member did not sign in for as long as the community's rule says: talk, not teaching.
    fades: bool = False
    # Whether the member chooses what becomes of it (Teaching).
    taught: bool = False
    order: int = 50
    # An address of its own where all of it is seen and corrected, if there is one.
    page: str = ""

    @property
    def end(self) -> End | None:
        """Until when its things are kept by a rule that the community votes; None: no such rule."""
        return next((end for said in _ends if (end := said(self.key)) is not None), None)


class Over:
    """`count`, `pieces` and `export` of a holding whose things are rows of one table.

    `rows(member)` is a query in the order in which they are shown; `export(row)` gives plain JSON.
    """

    def __init__(
        self,
        rows: Callable[[Any], Any],
        *,
        piece: Callable[[Any], Piece],
        export: Callable[[Any], dict[str, Any]],
    ) -> None:
        self._rows, self._piece, self._export = rows, piece, export

    def count(self, member: Any) -> int:
        return int(self._rows(member).count())

    def pieces(self, member: Any, *, offset: int, limit: int) -> list[Piece]:
        return [self._piece(row) for row in self._rows(member)[offset : offset + limit]]

    def one(self, member: Any, key: str) -> Piece | None:
        """The member's own piece of this key, or None."""
        try:
            row = self._rows(member).filter(pk=key).first()
        except (ValueError, ValidationError):  # it does not look like a key
            return None
        return None if row is None else self._piece(row)

    def export(self, member: Any) -> Iterator[dict[str, Any]]:
        for row in self._rows(member).iterator(chunk_size=200):
            yield self._export(row)


class UnknownHolding(Exception):
    """No room registered a holding of this key."""


_holdings: dict[str, Holding] = {}
_left_alone: dict[str, str] = {}
_traces: dict[str, list[Trace]] = {}
_shutting: list[Shut] = []
_ends: list[Callable[[str], End | None]] = []


def register_holding(holding: Holding) -> None:
    """Called from `ready()`. Raises ValueError for a key that is taken."""
    if holding.key in _holdings:
        raise ValueError(f"there is a holding {holding.key!r} already")
    _holdings[holding.key] = holding


def leave_alone(model: str, *, reason: str) -> None:
    """Say that rows of `model` ("app.Model"), although they could lead to a person, are no holding, and why."""
    _left_alone[model] = reason


def register_trace(key: str, trace: Trace) -> None:
    """Have a room above say where pieces of the holding `key` went. Called from `ready()`."""
    _traces.setdefault(key, []).append(trace)


def register_end(said: Callable[[str], End | None]) -> None:
    """Have `said(key)` asked until when things of the holding `key` are kept. Called from `ready()`."""
    _ends.append(said)


def traces_of(key: str, pieces: Sequence[Piece]) -> dict[str, list[Text]]:
    """Where these pieces went, by their keys, from all rooms that know."""
    keys = [piece.key for piece in pieces]
    went: dict[str, list[Text]] = {}
    for trace in _traces.get(key, ()) if keys else ():
        for piece_key, text in trace(keys).items():
            went.setdefault(piece_key, []).append(text)
    return went


def register_shutting(hook: Shut) -> None:
    """Have `hook` called in the transaction that shuts the door behind a member, in the process in which they ask for
    it: what is being made for them stops, and what is kept of them in memory is dropped."""
    _shutting.append(hook)


def shut(*, member_id: int, now: datetime) -> None:
    for hook in _shutting:
        hook(member_id=member_id, now=now)


def holdings() -> list[Holding]:
    """All of them, in the order in which rooms registered them: from the bottom of the house to the top."""
    return list(_holdings.values())


def holding(key: str) -> Holding:
    """Raises UnknownHolding."""
    try:
        return _holdings[key]
    except KeyError:
        raise UnknownHolding(key) from None


def in_order_of_erasing() -> list[Holding]:
    return sorted(_holdings.values(), key=lambda held: (held.order, held.key))


def claimed_models() -> dict[str, list[str]]:
    """Which holdings answer for each model."""
    claims: dict[str, list[str]] = {}
    for held in _holdings.values():
        for model in held.models:
            claims.setdefault(model, []).append(held.key)
    return claims


def left_alone() -> dict[str, str]:
    """Models that are no holding, with the reason."""
    return dict(_left_alone)
