"""From what an import holds to what `entry_rows.write` takes; an export's entries come back as they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from governance.models import Member
from knowledge import access
from knowledge.importing.items import Item
from knowledge.importing.plan import Plan
from knowledge.importing.records import Export, Record
from knowledge.models import Entry
from knowledge.services.entry_labels import usable_labels
from knowledge.services.entry_rows import NewEntry, Wording


def new_entry(item: Item, *, plan: Plan, key: str) -> NewEntry:
    return NewEntry(
        kind=item.kind,
        language=item.language,
        content=item.content,
        tags=item.tags,
        labels=plan.labels,
        import_key=key,
    )


def restored_entry(record: Record, *, key: str, now: datetime) -> NewEntry:
    """The entry with its id, its times (none after `now`) and all its wordings."""
    present = record.present
    return NewEntry(
        kind=record.kind,
        language=record.language,
        content=present.content,
        tags=record.tags,
        labels=record.labels,
        import_key=key,
        entry_id=record.id,
        added_at=min(record.added_at, now),
        written_at=min(present.written_at, now),
        change_note=present.change_note,
        earlier=[Wording(told.content, min(told.written_at, now), told.change_note) for told in record.wordings[:-1]],
    )


def names_of(record: Record) -> dict[str, str | None]:
    """Whom the export names; see `ImportedEntry.names`."""
    told = {str(number): wording.written_by for number, wording in enumerate(record.wordings, start=1)}
    return {"": record.taught_by, **told}


def labels_missing(export: Export) -> list[str]:
    """The labels on the export's entries that are not in use here, or that allow something else here."""
    usable = usable_labels()
    wanted = {key for record in export.records for key in record.labels}
    return sorted(
        key
        for key in wanted
        if key not in usable or key not in export.labels or usable[key].terms.to_json() != export.labels[key].to_json()
    )


def relate_again(records: Sequence[Record], *, member: Member, now: datetime) -> None:
    """Show entries beside each other again that the export showed so, as far as the member sees both."""
    wanted = {(record.id, other) for record in records for other in record.related if other != record.id}
    ids = {pk for pair in wanted for pk in pair}
    here = set(access.visible(Entry, member=member, now=now).filter(pk__in=ids).values_list("pk", flat=True))
    through = Entry.related.through
    both_ways = {pair for one, other in wanted if {one, other} <= here for pair in ((one, other), (other, one))}
    through.objects.bulk_create(
        [through(from_entry_id=one, to_entry_id=other) for one, other in sorted(both_ways)], ignore_conflicts=True
    )


def by_place(export: Export) -> Mapping[UUID, Record]:
    return {record.id: record for record in export.records}
