"""The vocabulary of the record: what kinds of entries there are, and how each is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

# Text, or text that is translated when it is shown (gettext_lazy, ngettext_lazy).
Wording = Any


class Readers(Enum):
    """Who may see the private part of an entry."""

    MEMBERS = "every member"
    ACTOR = "only the member who did it"


@dataclass(frozen=True)
class EntryKind:
    """`sentence` has placeholders such as %(actor)s, filled from the facts and the private part.

    `label` names the kind in the list of filters. A `technical` kind is left out of the story unless it is asked for.
    """

    key: str
    sentence: Wording
    label: Wording
    readers: Readers
    technical: bool


class UnknownKind(Exception):
    """No room has registered this kind of entry: an error in the program."""


_kinds: dict[str, EntryKind] = {}


def register_entry_kind(
    kind: str,
    sentence: Wording,
    *,
    label: Wording = "",
    readers: Readers = Readers.MEMBERS,
    technical: bool = False,
) -> None:
    """Add a kind, such as "decision.made", with a sentence such as _("%(actor)s invited somebody.").

    The sentence may use %(actor)s, %(subject)s, and each fact and each member of the private part by its name. A value
    that is a pseudonym is shown as the member's name. `readers` says who sees the private part.
    """
    if kind in _kinds:
        raise ValueError(f"there is a kind of entry named {kind!r} already")
    _kinds[kind] = EntryKind(kind, sentence, label or kind.replace(".", ": ").replace("_", " "), readers, technical)


def entry_kind(kind: str) -> EntryKind:
    """Raises UnknownKind."""
    try:
        return _kinds[kind]
    except KeyError:
        raise UnknownKind(kind) from None


def entry_kinds() -> Iterator[EntryKind]:
    """All kinds, in the order of registration."""
    yield from _kinds.values()


def technical_kinds() -> list[str]:
    return [kind.key for kind in _kinds.values() if kind.technical]
