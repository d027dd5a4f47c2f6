"""Many entries in one act: drafts that become part of the knowledge together, and entries that are deleted together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from governance.models import AuditPrivate, Member
from governance.services import audit
from knowledge import hooks
from knowledge.models import Entry, EntryState, Passage
from knowledge.references import reference
from knowledge.services import indexing
from knowledge.services.tags import delete_unused


def publish_many(*, entry_ids: Collection[UUID], author: Member, now: datetime) -> list[UUID]:
    """Make drafts of `author` part of the knowledge, all of them in the caller's transaction; returns which they were.

    10,000 words take about a second.
    """
    drafts = list(
        Entry.objects.select_for_update(of=("self",))
        .filter(pk__in=entry_ids, author=author, state=EntryState.DRAFT)
        .select_related("present")
    )
    ids = [entry.pk for entry in drafts]
    Entry.objects.filter(pk__in=ids, state=EntryState.DRAFT).update(state=EntryState.PUBLISHED)
    for entry in drafts:
        entry.state = EntryState.PUBLISHED
    indexing.add([(entry, entry.present) for entry in drafts])
    if ids:
        audit.record(
            kind="entries.added",
            actor=author,
            subject="knowledge",
            facts=_facts(ids),
            now=now,
        )
    return ids


def forget_many(*, entry_ids: Collection[UUID], actor: Member | None, now: datetime) -> int:
    """What `entries.forget` does, for many at once and with one line in the record; returns how many there were.

    Called inside a transaction by callers that have decided that it is due. They see to `wipe_deleted_text` at the end.
    """
    ids = list(
        Entry.objects.select_for_update()
        .filter(pk__in=entry_ids)
        .exclude(state=EntryState.FORGOTTEN)
        .values_list("pk", flat=True)
    )
    if not ids:
        return 0
    drafts = set(Entry.objects.filter(pk__in=ids, state=EntryState.DRAFT).values_list("pk", flat=True))
    Entry.objects.filter(pk__in=ids).update(state=EntryState.FORGOTTEN)
    passages: dict[UUID, list[int]] = {pk: [] for pk in ids}
    for entry_id, passage_id in Passage.objects.filter(entry__in=ids).values_list("entry_id", "pk"):
        passages[entry_id].append(passage_id)
    for pk in ids:
        hooks.forgotten(entry_id=pk, passage_ids=passages[pk])
    indexing.drop([pk for rows in passages.values() for pk in rows])
    tags = set(Entry.tags.through.objects.filter(entry__in=ids).values_list("tag_id", flat=True))
    Entry.objects.filter(pk__in=ids).delete()
    delete_unused(tags)
    audit.erase_private(indexes=_told_of(ids), actor=actor, now=now)
    public = [pk for pk in ids if pk not in drafts]
    if public:
        audit.record(
            kind="entries.deleted",
            actor=actor,
            subject="knowledge",
            facts=_facts(public),
            now=now,
        )
    return len(ids)


def _facts(entry_ids: Collection[UUID]) -> dict[str, int | str]:
    """How many, and a hash over their ids in order, one a line: 10,000 ids would not fit into the record."""
    listed = "\n".join(sorted(map(reference, entry_ids)))
    return {"count": len(entry_ids), "entries_sha256": hashlib.sha256(listed.encode()).hexdigest()}


def _told_of(entry_ids: Collection[UUID]) -> list[int]:
    """The lines of the record with something private about these entries."""
    subjects = {reference(pk) for pk in entry_ids}
    private = AuditPrivate.objects.filter(entry__kind__startswith="entry.").values_list("entry__index", "entry__leaf")
    return [index for index, leaf in private if json.loads(leaf)["subject"] in subjects]
