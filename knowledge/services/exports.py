"""A copy of the knowledge as far as a member may see it: JSON Lines that come back whole, entry by entry.

What a label keeps from the member is not in it, not even as a number; labels travel with what they hang on. A member's
name stands in it only where the labels allow a name and that member agrees, as do those whom the export of another
community names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from governance.models import Community, Member
from governance.services import audit
from knowledge import access
from knowledge.credit import names_shown
from knowledge.importing import records
from knowledge.models import Entry, EntryVersion, ImportedEntry
from knowledge.rules_of_use import Rules
from knowledge.services.entry_labels import hanging_on
from knowledge.services.labels import labels_in_force

PORTION = 200


def begin(*, member: Member, now: datetime) -> int:
    """Write into the record that the member makes a copy; returns of how many entries."""
    count = access.visible(Entry, member=member, now=now).count()
    with transaction.atomic():
        audit.record(kind="knowledge.exported", actor=member, subject="knowledge", facts={"count": count}, now=now)
    return count


@dataclass(frozen=True)
class Whole:
    """An entry with everything that a copy of it holds; `versions` in their order, the present one last."""

    entry: Entry
    versions: list[EntryVersion]
    tags: list[str]
    labels: list[str]
    related: list[str]
    taught_by: str | None
    writers: list[str | None]


def json_lines(*, member: Member, now: datetime) -> Iterator[str]:
    """The export, line by line; each line ends with \\n."""
    community = Community.objects.first()
    yield records.head_line(community=str(community or ""), labels=_labels(), now=now)
    for whole in wholes(member=member, now=now):
        yield records.entry_line(
            entry=whole.entry,
            versions=whole.versions,
            names=whole.writers,
            taught_by=whole.taught_by,
            tags=whole.tags,
            labels=whole.labels,
            related=whole.related,
        )


def _labels() -> dict[str, dict[str, Any]]:
    """What each label says. Recordings are too large for a line: it names them, and the pages to read bring them."""
    labels = {}
    for version in labels_in_force().values():
        if version is not None:
            spoken = {"audio_note": version.audio_note_id} if version.audio_note_id else {}
            said = {"name": version.name, "text": version.text, "terms": version.terms_json()}
            labels[version.label.key] = {**said, **spoken}
    return labels


def wholes(*, member: Member, now: datetime, order: Sequence[str] = ("created_at", "pk")) -> Iterator[Whole]:
    """Every entry that the member may see, portion by portion: each is asked for anew, so that what is hidden or
    deleted meanwhile is not in it."""
    ids = list(access.visible(Entry, member=member, now=now).order_by(*order).values_list("pk", flat=True))
    for start in range(0, len(ids), PORTION):
        yield from _portion(ids[start : start + PORTION], member, now)


def _portion(ids: list[UUID], member: Member, now: datetime) -> Iterator[Whole]:
    rows = access.visible(Entry, member=member, now=now).filter(pk__in=ids).select_related("author")
    entries = {entry.pk: entry for entry in rows.prefetch_related("tags")}
    versions: dict[UUID, list[EntryVersion]] = {pk: [] for pk in entries}
    written = access.visible(EntryVersion, member=member, now=now).filter(entry__in=entries).select_related("author")
    for version in written.order_by("number"):
        versions[version.entry_id].append(version)
    authors = {row.author_id for row in entries.values()} | {
        row.author_id for each in versions.values() for row in each
    }
    agreeing = access.named(authors)
    labels = {pk: [row.label.key for row in hanging] for pk, hanging in hanging_on(entries).items()}
    related = _related(list(entries), member, now)
    rules = access.rules_on(entries)
    imported = {row.entry_id: row.names for row in ImportedEntry.objects.filter(entry__in=entries)}
    for pk in ids:
        if pk in entries and versions[pk]:
            naming = _Naming(entries[pk], rules[pk], imported.get(pk), agreeing)
            yield Whole(
                entry=entries[pk],
                versions=versions[pk],
                tags=[tag.name for tag in entries[pk].tags.all()],
                labels=labels[pk],
                related=related[pk],
                taught_by=naming.taught_by(),
                writers=[naming.writer(version) for version in versions[pk]],
            )


def _related(ids: list[UUID], member: Member, now: datetime) -> dict[UUID, list[str]]:
    links = Entry.related.through.objects.filter(from_entry__in=ids).values_list("from_entry", "to_entry")
    pairs = list(links)
    targets = {other for _one, other in pairs}
    seen = set(access.visible(Entry, member=member, now=now).filter(pk__in=targets).values_list("pk", flat=True))
    found: dict[UUID, list[str]] = {pk: [] for pk in ids}
    for one, other in pairs:
        if other in seen:
            found[one].append(str(other))
    return {pk: sorted(others) for pk, others in found.items()}


@dataclass(frozen=True)
class _Naming:
    """Whom a copy of one entry may name."""

    entry: Entry
    rules: Rules
    names: dict[str, str | None] | None
    agreeing: frozenset[int]

    def taught_by(self) -> str | None:
        return self._name("", self.entry.author)

    def writer(self, version: EntryVersion) -> str | None:
        return self._name(str(version.number), version.author)

    def _name(self, key: str, author: Member | None) -> str | None:
        if not names_shown(self.rules):
            return None
        if self.names is not None and key in self.names:
            return self.names[key]
        return str(author) if author is not None and author.pk in self.agreeing else None
