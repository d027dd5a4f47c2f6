"""Entries: add, revise, put aside, bring back, delete, thank, relate.

Every wording is a version that stays; what counts is the entry's `present` one. Passages change in the same
transaction. An entry is written by its author and by members who review what is taught; deleting it is for its author.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction

from community_ai.core.housekeeping import wipe_deleted_text
from consent.services import erasure
from governance.models import AuditEntry, Member
from governance.permissions import Permission
from governance.services import audit
from knowledge import access, hooks
from knowledge.content import CHANGE_NOTE_LENGTH, Content, cleaned, content_of, line
from knowledge.models import ENTRY_STATES, Entry, EntryKind, EntryState, EntryVersion, Thanks
from knowledge.references import reference
from knowledge.services import indexing
from knowledge.services.entry_refusals import (
    MayNotDelete,
    MayNotEdit,
    NoSuchEntry,
    NotNow,
    OwnEntry,
    Stale,
)
from knowledge.services.entry_rows import NewEntry, set_kind_and_language, set_title, version_of, write
from knowledge.services.tags import delete_unused, tags_named

BATCH = 200


@dataclass
class Added:
    """What `add_many` did: the new entries, and how many were there already."""

    entry_ids: list[UUID] = field(default_factory=list)
    known: int = 0


def add(*, author: Member, new: NewEntry, now: datetime, publish: bool = True, by: Member | None = None) -> Entry:
    """Write an entry with its first version, as part of the knowledge or as a draft.

    `by` is who adds it in the author's name and hangs its labels: a teacher, for what a member taught. An entry with
    the same `import_key` is returned as it is. Raises Refused; an InvalidContent names its field.
    """
    with transaction.atomic():
        for known in Entry.objects.filter(import_key=new.import_key).exclude(import_key=None):
            return known
        ((entry, version),) = write([new], author=author, publish=publish, now=now, by=by)
        if publish:
            _record_published(entry, version, by=by or author, now=now)
    return entry


def add_many(*, author: Member, new: Iterable[NewEntry], now: datetime) -> Added:
    """Add and publish many entries, `BATCH` in a transaction; those whose `import_key` is known already are left out.

    Raises Refused for the first faulty one: whole batches before it stay. Running again adds only what is missing.
    """
    done = Added()
    for batch in _batches(new):
        with transaction.atomic():
            keys = [item.import_key for item in batch if item.import_key]
            known = set(Entry.objects.filter(import_key__in=keys).values_list("import_key", flat=True))
            fresh: dict[object, NewEntry] = {}
            for place, item in enumerate(batch):
                if item.import_key not in known:
                    fresh.setdefault(item.import_key or place, item)
            written = write(fresh.values(), author=author, publish=True, now=now)
            if written:
                ids = [entry.pk for entry, _version in written]
                audit.record(
                    kind="entries.added",
                    actor=author,
                    subject="knowledge",
                    facts={"count": len(ids), "entries": [reference(pk) for pk in ids]},
                    now=now,
                )
                done.entry_ids += ids
            done.known += len(batch) - len(fresh)
    return done


def publish(*, entry_id: UUID, by: Member, now: datetime) -> Entry:
    """Make a draft part of the knowledge. Raises NoSuchEntry, MayNotEdit, NotNow."""
    with transaction.atomic():
        entry = _editable(entry_id, by, now)
        if not ENTRY_STATES.move(entry, EntryState.PUBLISHED, only_from={EntryState.DRAFT}, changed_at=now):
            raise NotNow
        indexing.renew(entry, entry.present)
        _record_published(entry, entry.present, by=by, now=now)
    return entry


def revise(
    *,
    entry_id: UUID,
    by: Member,
    base: int,
    content: Content,
    now: datetime,
    change_note: str = "",
    tags: Sequence[str] | None = None,
    kind: EntryKind | None = None,
    language: str | None = None,
) -> Entry:
    """Write the next version over version `base`; what is None stays as it is. Nothing new makes no version.

    Raises Stale when `base` is not the present version, NoSuchEntry, MayNotEdit, and InvalidContent with its field.
    """
    written = cleaned(content)
    note = line(change_note, "change_note", most=CHANGE_NOTE_LENGTH)
    with transaction.atomic():
        entry = _editable(entry_id, by, now)
        present = entry.present
        if present.number != base:
            raise Stale(present)
        changed = set_kind_and_language(entry, kind, language)
        if tags is not None:
            wanted = tags_named(tags)
            before = set(entry.tags.values_list("pk", flat=True))
            entry.tags.set(wanted)
            delete_unused(before - {tag.pk for tag in wanted})
        if written == content_of(present) and not changed:
            return entry
        version = version_of(entry, written, number=base + 1, author=by, note=note, now=now)
        version.save(force_insert=True)
        entry.present, entry.changed_at = version, now
        set_title(entry, written.title)
        entry.save(update_fields=["present", "changed_at", "title", "title_key", "title_plain", "kind", "language"])
        if entry.state == EntryState.PUBLISHED:
            indexing.renew(entry, version)
            audit.record(
                kind="entry.revised",
                actor=by,
                subject=reference(entry.pk),
                facts={"version": version.number},
                private={"title": version.title},
                now=now,
            )
    return entry


def retire(*, entry_id: UUID, by: Member, now: datetime) -> Entry:
    """Put an entry aside: it stays, and is no longer part of the knowledge. Raises NoSuchEntry, MayNotEdit, NotNow."""
    return _move(entry_id, EntryState.RETIRED, "entry.retired", by=by, now=now)


def restore(*, entry_id: UUID, by: Member, now: datetime) -> Entry:
    """Make an entry that was put aside part of the knowledge again. Raises NoSuchEntry, MayNotEdit, NotNow."""
    return _move(entry_id, EntryState.PUBLISHED, "entry.restored", by=by, now=now, only_from={EntryState.RETIRED})


def delete(*, entry_id: UUID, by: Member, now: datetime) -> None:
    """Delete an entry for good, by its author, or by a reviewing member when the author is no longer known.

    Its versions, passages, index rows, themes of its own, and its title in the record go with it; rooms above forget
    what they made of it (`knowledge.hooks`). Raises NoSuchEntry and MayNotDelete.
    """
    with transaction.atomic():
        entry = _locked(entry_id, by, now)
        if not may_delete(by, entry):
            raise MayNotDelete
        if entry.author_id == by.pk:
            erasure.note_pieces(member=by, kind="entries", keys=[str(entry.pk)], now=now)
        forget(entry=entry, actor=by, now=now)


def forget(*, entry: Entry, actor: Member | None, now: datetime) -> None:
    """The deletion itself, for callers that have decided that it is due. Called inside a transaction."""
    if not ENTRY_STATES.move(entry, EntryState.FORGOTTEN):
        raise NotNow
    hooks.forgotten(entry_id=entry.pk, passage_ids=indexing.passage_ids(entry))
    indexing.remove(entry)
    tags = set(entry.tags.values_list("pk", flat=True))
    pk = entry.pk
    entry.delete()
    delete_unused(tags)
    told = AuditEntry.objects.filter(kind__startswith="entry.", leaf__contains=f'"{reference(pk)}"')
    audit.erase_private(indexes=list(told.values_list("index", flat=True)), actor=actor, now=now)
    audit.record(kind="entry.deleted", actor=actor, subject=reference(pk), facts={}, now=now)
    transaction.on_commit(wipe_deleted_text)


def thank(*, entry_id: UUID, member: Member, now: datetime) -> bool:
    """Thank the author of a visible entry; False if the member had thanked before. Raises NoSuchEntry, OwnEntry."""
    with transaction.atomic():
        entry = access.visible(Entry, member=member, now=now).filter(pk=entry_id).first()
        if entry is None:
            raise NoSuchEntry
        if entry.author_id == member.pk:
            raise OwnEntry
        _row, created = Thanks.objects.get_or_create(entry=entry, member=member, defaults={"given_at": now})
    return created


def relate(*, entry_id: UUID, other_id: UUID, by: Member, now: datetime) -> None:
    """Show two entries beside each other. Who may change the first and see the second may do it."""
    with transaction.atomic():
        entry = _editable(entry_id, by, now)
        other = access.visible(Entry, member=by, now=now).filter(pk=other_id).exclude(pk=entry_id).first()
        if other is None:
            raise NoSuchEntry
        entry.related.add(other)


def unrelate(*, entry_id: UUID, other_id: UUID, by: Member, now: datetime) -> None:
    with transaction.atomic():
        entry = _editable(entry_id, by, now)
        entry.related.remove(*entry.related.filter(pk=other_id))


def may_edit(member: Member, entry: Entry) -> bool:
    """Whether `member`, who can see the entry, may change it."""
    return member.is_active and (entry.author_id == member.pk or member.may(Permission.TEACH))


def may_delete(member: Member, entry: Entry) -> bool:
    """Whether `member`, who can see the entry, may delete it."""
    mine = entry.author_id == member.pk
    return member.is_active and (mine or (entry.author_id is None and member.may(Permission.TEACH)))


def _locked(entry_id: UUID, by: Member, now: datetime) -> Entry:
    entries = Entry.objects.select_for_update(of=("self",)).select_related("present")
    try:
        return access.reachable_row(entries, member=by, pk=entry_id, now=now)
    except access.NotFound:
        raise NoSuchEntry from None


def _editable(entry_id: UUID, by: Member, now: datetime) -> Entry:
    entry = _locked(entry_id, by, now)
    if not may_edit(by, entry):
        raise MayNotEdit
    return entry


def _move(
    entry_id: UUID,
    to: EntryState,
    kind: str,
    *,
    by: Member,
    now: datetime,
    only_from: set[EntryState] | None = None,
) -> Entry:
    with transaction.atomic():
        entry = _editable(entry_id, by, now)
        if not ENTRY_STATES.move(entry, to, only_from=only_from, changed_at=now):
            raise NotNow
        if to is EntryState.PUBLISHED:
            indexing.renew(entry, entry.present)
        else:
            indexing.remove(entry)
        audit.record(kind=kind, actor=by, subject=reference(entry.pk), facts={}, now=now)
    return entry


def _record_published(entry: Entry, version: EntryVersion, *, by: Member, now: datetime) -> None:
    audit.record(
        kind="entry.published",
        actor=by,
        subject=reference(entry.pk),
        facts={"version": version.number},
        private={"title": version.title},
        now=now,
    )


def _batches(new: Iterable[NewEntry]) -> Iterator[list[NewEntry]]:
    rest = iter(new)
    while batch := list(islice(rest, BATCH)):
        yield batch
