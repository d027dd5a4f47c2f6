"""State machines as one readable table, checked when it is imported, moved by compare-and-swap.

    class AnswerState(models.TextChoices): ...

    ANSWER_STATES = StateTable(AnswerState, initial=AnswerState.QUEUED, moves={
        AnswerState.QUEUED: {AnswerState.WRITING, AnswerState.FAILED},
        AnswerState.WRITING: {AnswerState.DONE},
    })

A state without moves is final. The row is the truth: `move()` is a filtered `update()`, and zero rows means that
somebody else moved it first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db.models import Model, TextChoices


class IllegalMove(Exception):
    """The table does not allow this move: an error in the program, never in the input."""


class StateTable:
    def __init__(
        self, states: type[TextChoices], *, initial: TextChoices, moves: Mapping[Any, Collection[Any]]
    ) -> None:
        self.states = states
        self.initial = initial
        self.moves = {state: frozenset(moves.get(state, ())) for state in states}
        self._check(moves)

    def _check(self, moves: Mapping[Any, Collection[Any]]) -> None:
        known = set(self.states)
        named = set(moves) | {target for targets in moves.values() for target in targets}
        if strangers := named - known:
            raise IllegalMove(f"{self.states.__name__} has no state {sorted(map(str, strangers))}")
        reached, frontier = {self.initial}, [self.initial]
        while frontier:
            for target in self.moves[frontier.pop()] - reached:
                reached.add(target)
                frontier.append(target)
        if lost := known - reached:
            raise IllegalMove(f"{self.states.__name__}: nothing leads to {sorted(map(str, lost))}")

    @property
    def final(self) -> frozenset[Any]:
        return frozenset(state for state, targets in self.moves.items() if not targets)

    @property
    def open(self) -> frozenset[Any]:
        return frozenset(self.states) - self.final

    def sources(self, target: Any) -> frozenset[Any]:
        return frozenset(state for state, targets in self.moves.items() if target in targets)

    def move(
        self,
        row: Model,
        to: Any,
        *,
        only_from: Iterable[Any] | None = None,
        field: str = "state",
        **changes: Any,
    ) -> bool:
        """Move one row to `to`, with further field changes in the same statement.

        Returns False, and leaves `row` as it is, when the row is no longer in a state that allows the move.
        Raises IllegalMove when no state (or none of `only_from`) allows it at all.
        """
        sources = self.sources(to)
        if only_from is not None:
            wanted = frozenset(only_from)
            if not wanted <= sources:
                raise IllegalMove(f"{self.states.__name__}: {sorted(map(str, wanted - sources))} cannot become {to}")
            sources = wanted
        if not sources:
            raise IllegalMove(f"{self.states.__name__}: nothing becomes {to}")
        # Encrypted fields refuse update() without their row; seal them through the row (see consent.fields).
        sealed = {
            name: row._meta.get_field(name).seal_for(row, value)  # type: ignore[union-attr]
            if hasattr(row._meta.get_field(name), "seal_for")
            else value
            for name, value in changes.items()
        }
        moved = (
            type(row)._default_manager.filter(pk=row.pk, **{f"{field}__in": sources}).update(**{field: to}, **sealed)
        )
        if not moved:
            return False
        setattr(row, field, to)
        for name, value in changes.items():
            setattr(row, name, value)
        return True
