"""Telling the record: each entry as a sentence, with today's names for the people in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from governance.audit.kinds import UnknownKind, entry_kind
from governance.audit.leaf import PSEUDONYM_PREFIX
from governance.models import AuditEntry, AuditPrivate, Member
from governance.services.audit import may_read_private

# Names in any script stand in sentences of any direction: each value is isolated (Unicode, UAX 9).
_ISOLATE, _POP = "\u2068", "\u2069"


@dataclass(frozen=True)
class Told:
    """An entry with its sentence. `private` is its private part, if the reader may see it and it is still there."""

    entry: AuditEntry
    sentence: str
    said: dict[str, Any]
    private: dict[str, Any] | None
    facts: list[tuple[str, str]]


def tell(entries: Iterable[AuditEntry], *, reader: Member) -> list[Told]:
    """Each entry as a sentence in the present language. Two queries, however many entries there are."""
    entries = list(entries)
    private = AuditPrivate.objects.in_bulk([entry.pk for entry in entries])
    said = {entry.pk: entry.said for entry in entries}
    names = _names(said.values())
    told = []
    for entry in entries:
        row = private.get(entry.pk)
        seen = row.said if row is not None and may_read_private(entry, reader) else None
        told.append(_tell(entry, said[entry.pk], seen, names))
    return told


def _tell(entry: AuditEntry, said: dict[str, Any], private: dict[str, Any] | None, names: Mapping[str, str]) -> Told:
    actor = _("The node") if said["actor"] is None else _value(said["actor"], names)
    values: dict[str, Any] = {
        **said["facts"],
        **(private or {}),
        "subject": said["subject"],
    }
    # Numbers stay numbers: the plural is chosen by them.
    shown = {name: value if type(value) is int else _isolated(_value(value, names)) for name, value in values.items()}
    shown["actor"] = _isolated(actor) if said["actor"] is not None else actor
    try:
        sentence = str(entry_kind(entry.kind).sentence % _OrErased(shown))
    except (UnknownKind, KeyError, ValueError, TypeError):
        # A kind of a room that is not installed any more, or of a later version: the entry itself stays readable.
        sentence = entry.kind
    facts = [(name, _value(value, names)) for name, value in {**said["facts"], **(private or {})}.items()]
    return Told(entry, sentence, said, private, facts)


class _OrErased(dict[str, Any]):
    """What is not there was private: it was erased, or this reader may not see it."""

    def __missing__(self, name: str) -> str:
        return _("(not shown)")


def _names(leaves: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Today's names of all people that these entries mention, by pseudonym."""
    mentioned: set[str] = set()
    for said in leaves:
        for value in (said["actor"], said["subject"], *said["facts"].values()):
            mentioned.update(part for part in _parts(value) if part.startswith(PSEUDONYM_PREFIX))
    members = Member.objects.filter(pseudonym__name__in=mentioned).select_related("pseudonym")
    return {member.pseudonym.name: str(member) for member in members}


def _parts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [part for part in value if isinstance(part, str)]
    return [value] if isinstance(value, str) else []


def _value(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(_value(part, names) for part in value)
    if isinstance(value, str) and value.startswith(PSEUDONYM_PREFIX):
        return names.get(value, _("a former member"))
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _isolated(text: str) -> str:
    return f"{_ISOLATE}{text}{_POP}"
