"""What the node does for an import, step by step: read the file, write drafts, switch them on; or clear them away.

`carry_on` looks at the row and does the next thing. It may run twice at once and be killed anywhere: a portion of
drafts and the count of what is done are written in one transaction, under a lock on the row.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from community_ai.core.housekeeping import wipe_deleted_text
from consent.access import in_service
from consent.services.personal_keys import PersonalKeyGone
from governance.models import Community, Member
from governance.refusals import Refused
from knowledge import access
from knowledge.content import InvalidContent
from knowledge.importing.items import Fault, Item
from knowledge.importing.plan import RECORDS
from knowledge.importing.records import BadRecord, Record, export_from
from knowledge.models import IMPORT_STATES, Entry, EntryState, EntryVersion, ImportBatch, ImportedEntry, ImportState
from knowledge.reading import reader
from knowledge.reading.document import Code, Document, Kind
from knowledge.reading.refusals import Unreadable
from knowledge.services import entries, import_files, restoring
from knowledge.services.entry_batches import forget_many, publish_many
from knowledge.services.import_refusals import CONTENT, GONE, LABELS, NOT_ALLOWED, MayNotImport
from knowledge.services.import_sifting import PORTION, Sieve, Verdict
from knowledge.services.imports import entries_of, guessed, limits, plan_as_text, plan_of, require_permission

# Between two portions others write: SQLite knows one writer at a time, and whoever waits looks every few milliseconds.
PAUSE_SECONDS = 0.03
# How often the row tells of a file that is being read.
PROGRESS_SECONDS = 1.0
# A batch that nobody carried on for so long is taken up again.
STILL = timedelta(minutes=2)
# A file that was read and that nobody decided about is cancelled.
FORGOTTEN_AFTER = timedelta(days=14)

# A file is written a moment before the row that it belongs to can be seen.
STRAY_AFTER = timedelta(hours=1)


class Interrupted(Exception):
    """The batch is not in the state any more in which this work is to be done: somebody else moved it."""


def carry_on(
    *, batch_id: UUID, now: datetime, seconds: float, progress: Callable[[ImportBatch], None] = lambda _: None
) -> bool:
    """Do what the batch needs next, for about so many seconds; True when there is more to do.

    `progress` is called with the row after each portion.
    """
    batch = in_service(ImportBatch).filter(pk=batch_id).select_related("member").first()
    if batch is None:
        return False
    deadline = time.monotonic() + seconds
    try:
        match batch.state:
            case ImportState.UPLOADED:
                _read(batch, now, progress)
            case ImportState.IMPORTING:
                return _import(batch, now, deadline, progress)
            case ImportState.UNDOING:
                return _undo(batch, now, deadline, progress)
            case ImportState.CANCELLED | ImportState.REFUSED:
                return _clear(batch, now, deadline)
    except Interrupted:
        return in_service(ImportBatch).filter(pk=batch_id, state__in=_TO_CLEAR).exists()
    return False


_TO_CLEAR = (ImportState.CANCELLED, ImportState.REFUSED)


def standing_still(*, now: datetime) -> list[UUID]:
    """Batches that should have gone on: their job was lost."""
    moving = (ImportState.UPLOADED, ImportState.IMPORTING, ImportState.UNDOING)
    still = in_service(ImportBatch).filter(state__in=moving, changed_at__lt=now - STILL).values_list("pk", flat=True)
    drafts = access.in_service(Entry).filter(state=EntryState.DRAFT).values("pk")
    unclean = ImportedEntry.objects.filter(entry__in=drafts, batch__state__in=_TO_CLEAR).values_list("batch", flat=True)
    return [*still, *dict.fromkeys(unclean)]


def tidy_up(*, now: datetime) -> int:
    """Cancel what was read and then forgotten, and remove files that belong to nothing; returns how many files."""
    for batch in in_service(ImportBatch).filter(state=ImportState.READ, changed_at__lt=now - FORGOTTEN_AFTER):
        IMPORT_STATES.move(batch, ImportState.CANCELLED, only_from={ImportState.READ}, changed_at=now)
    waiting = (ImportState.UPLOADED, ImportState.READ, ImportState.IMPORTING)
    kept = set(in_service(ImportBatch).filter(state__in=waiting).values_list("pk", flat=True))
    return import_files.remove_strays(kept=kept, before=now - STRAY_AFTER)


def _read(batch: ImportBatch, now: datetime, progress: Callable[[ImportBatch], None]) -> None:
    told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told >= PROGRESS_SECONDS:
            told = time.monotonic()
            batch.parts_done, batch.parts_total = done, total
            in_service(ImportBatch).filter(pk=batch.pk, state=ImportState.UPLOADED).update(
                parts_done=done, parts_total=total
            )
            progress(batch)

    try:
        document = reader.read(import_files.file_of(batch), name=batch.file_name, limits=limits(), progress=tell)
        if document.kind is Kind.EXPORT:
            export_from(document.records)
    except (import_files.Gone, PersonalKeyGone):
        _refuse(batch, GONE, {}, now)
    except Unreadable as refusal:
        _refuse(batch, refusal.code, refusal.facts, now)
    except BadRecord as bad:
        _refuse(batch, Code.BAD_LINE, {"line": bad.line}, now)
    else:
        community = Community.objects.first()
        plan = guessed(batch, document, language=community.language if community else "en")
        import_files.keep_document(batch, document)
        IMPORT_STATES.move(batch, ImportState.READ, plan=plan_as_text(plan), changed_at=now)


def _refuse(batch: ImportBatch, code: str, facts: dict[str, Any], now: datetime) -> None:
    with transaction.atomic():
        if IMPORT_STATES.move(batch, ImportState.REFUSED, refusal=str(code), refusal_facts=facts, changed_at=now):
            transaction.on_commit(lambda: import_files.remove(batch.pk))


def _import(batch: ImportBatch, now: datetime, deadline: float, progress: Callable[[ImportBatch], None]) -> bool:
    try:
        require_permission(batch.member)
        work = _Import(batch, now)
        while True:
            row = work.portion()
            progress(row)
            if row.state == ImportState.DONE:
                return False
            if time.monotonic() > deadline:
                return True
            time.sleep(PAUSE_SECONDS)
    except (import_files.Gone, PersonalKeyGone):
        code = GONE
    except MayNotImport:
        code = NOT_ALLOWED
    except (InvalidContent, BadRecord):
        code = CONTENT
    except Refused:
        code = LABELS
    _refuse(batch, code, {}, now)
    return True  # the drafts are still to be cleared


class _Import:
    """One run over a batch. Its items are made anew from the sealed document; how far it is, the row says."""

    def __init__(self, batch: ImportBatch, now: datetime) -> None:
        document: Document = import_files.document_of(batch)
        self._now, self._pk, self._member = now, batch.pk, batch.member
        self._plan = plan_of(batch)
        self._items = list(entries_of(document, self._plan, batch))
        self._records: dict[str, Record] = {}
        if self._plan.source == RECORDS:
            self._records = {str(record.id): record for record in export_from(document.records).records}
        self._sieve = Sieve(member=self._member, plan=self._plan, sha256=batch.sha256, now=now)
        self._sorted = 0

    def portion(self) -> ImportBatch:
        """Write the next portion, or at the end switch all on; returns the row as it is then. Raises Interrupted."""
        with transaction.atomic():
            rows = in_service(ImportBatch).select_for_update(of=("self",))
            row = rows.filter(pk=self._pk, state=ImportState.IMPORTING).first()
            if row is None:
                raise Interrupted
            self._sieve.skip(self._items[self._sorted : row.done])
            portion = self._items[row.done : row.done + PORTION]
            self._sorted = row.done + len(portion)
            if portion:
                self._write(row, portion)
            else:
                self._switch_on(row)
        return row

    def _write(self, row: ImportBatch, portion: list[Item | Fault]) -> None:
        new = []
        for sifted in self._sieve.sort(portion):
            row.known += sifted.verdict is Verdict.KNOWN
            row.alike += sifted.verdict is Verdict.ALIKE
            row.faulty += sifted.verdict is Verdict.FAULTY
            if sifted.verdict is Verdict.NEW and isinstance(sifted.item, Item):
                new.append(sifted.item)
        written = entries.write(map(self._new_entry, new), author=self._member, publish=False, now=self._now)
        ImportedEntry.objects.bulk_create(
            ImportedEntry(entry=entry, batch=row, names=restoring.names_of(self._records[str(entry.pk)]))
            if self._records
            else ImportedEntry(entry=entry, batch=row)
            for entry, _version in written
        )
        row.added += len(written)
        row.done += len(portion)
        row.changed_at = self._now
        row.save(update_fields=["known", "alike", "faulty", "added", "done", "changed_at"])

    def _new_entry(self, item: Item) -> entries.NewEntry:
        key = self._sieve.key_of(item)
        if self._records:
            return restoring.restored_entry(self._records[key.partition(":")[2]], key=key, now=self._now)
        return restoring.new_entry(item, plan=self._plan, key=key)

    def _switch_on(self, row: ImportBatch) -> None:
        require_permission(Member.objects.get(pk=self._member.pk))
        ids = ImportedEntry.objects.filter(batch=row).values_list("entry_id", flat=True)
        publish_many(entry_ids=set(ids), author=self._member, now=self._now)
        restoring.relate_again(list(self._records.values()), member=self._member, now=self._now)
        if not IMPORT_STATES.move(row, ImportState.DONE, changed_at=self._now):
            raise Interrupted
        transaction.on_commit(lambda: import_files.remove(self._pk))


def _undo(batch: ImportBatch, now: datetime, deadline: float, progress: Callable[[ImportBatch], None]) -> bool:
    """Delete portion by portion what the importer may delete and nobody else has worked on."""
    while True:
        with transaction.atomic():
            rows = in_service(ImportBatch).select_for_update(of=("self",))
            row = rows.filter(pk=batch.pk, state=ImportState.UNDOING).first()
            if row is None:
                raise Interrupted
            ids = _to_take_back(row)[:PORTION]
            if not ids:
                IMPORT_STATES.move(row, ImportState.UNDONE, changed_at=now)
                transaction.on_commit(wipe_deleted_text)
            forget_many(entry_ids=ids, actor=batch.member, now=now)
            in_service(ImportBatch).filter(pk=batch.pk).update(changed_at=now)
        progress(row)
        if not ids:
            return False
        if time.monotonic() > deadline:
            return True
        time.sleep(PAUSE_SECONDS)


def _to_take_back(row: ImportBatch) -> list[UUID]:
    imported = ImportedEntry.objects.filter(batch=row).values("entry")
    own_entries = access.in_service(Entry).filter(pk__in=imported, author=row.member_id)
    changed = access.in_service(EntryVersion).filter(entry__in=imported).exclude(author=row.member_id).values("entry")
    return list(own_entries.exclude(pk__in=changed).values_list("pk", flat=True))


def _clear(batch: ImportBatch, now: datetime, deadline: float) -> bool:
    """Delete the drafts of an import that was not made."""
    cleared = False
    while True:
        with transaction.atomic():
            imported = ImportedEntry.objects.filter(batch=batch).values("entry")
            drafts = access.in_service(Entry).filter(pk__in=imported, state=EntryState.DRAFT)
            ids = list(drafts.values_list("pk", flat=True)[:PORTION])
            forget_many(entry_ids=ids, actor=batch.member, now=now)
            if cleared and not ids:
                transaction.on_commit(wipe_deleted_text)
        cleared = cleared or bool(ids)
        if not ids:
            import_files.remove(batch.pk)
            return False
        if time.monotonic() > deadline:
            return True
        time.sleep(PAUSE_SECONDS)
