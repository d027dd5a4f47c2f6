"""The tree of a conversation and the one branch of it that is shown. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Branches(Generic[Key]):
    """Messages as a tree. `rows` are pairs (message, its parent or None) in the order of writing."""

    def __init__(self, rows: Iterable[tuple[Key, Key | None]]) -> None:
        self._parents: dict[Key, Key | None] = {}
        self._children: dict[Key | None, list[Key]] = {}
        for key, parent in rows:
            self._parents[key] = parent
            self._children.setdefault(parent, []).append(key)

    def __contains__(self, key: object) -> bool:
        return key in self._parents

    def path(self, leaf: Key | None) -> list[Key]:
        """From the first message to `leaf`; empty for None or an unknown message."""
        path: list[Key] = []
        seen: set[Key] = set()
        while leaf is not None and leaf in self._parents and leaf not in seen:
            path.append(leaf)
            seen.add(leaf)
            leaf = self._parents[leaf]
        return path[::-1]

    def siblings(self, key: Key) -> list[Key]:
        """The versions of this turn, itself included, oldest first."""
        return self._children[self._parents[key]]

    def newest_leaf(self, key: Key | None) -> Key | None:
        """The end of the branch that one reaches from `key` by always taking the newest turn (None: from the start)."""
        while children := self._children.get(key):
            key = children[-1]
        return key
