"""Which versions of an entry others may read: what its author wrote before publishing it stays a draft."""

from __future__ import annotations

from django.db.models import QuerySet

from governance.models import AuditEntry, Member
from knowledge.models import Entry, EntryVersion
from knowledge.references import reference


def readable(versions: QuerySet[EntryVersion], *, entry: Entry, member: Member) -> QuerySet[EntryVersion]:
    """Those of `versions`, which came through `knowledge.access`, that are for this member: all for the author, for
    others those since the entry became part of the knowledge."""
    own = versions.filter(entry=entry)
    return own if entry.author_id == member.pk else own.filter(number__gte=_published_with(entry))


def _published_with(entry: Entry) -> int:
    """The number of the version with which the entry became part of the knowledge, as the record has it."""
    told = AuditEntry.objects.filter(kind="entry.published", leaf__contains=f'"{reference(entry.pk)}"').first()
    # What was imported was never a draft, and its import stands in the record instead.
    return int(told.said["facts"]["version"]) if told is not None else 1
