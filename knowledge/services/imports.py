"""Bringing a file into the knowledge, as far as its member does it: bring, look, change the plan, begin, cancel, undo.

The batch's row is the truth and moves by `IMPORT_STATES`; `import_work` carries on what it says. After `bring`,
`begin`, `cancel` and `take_back` there is something to carry on: the caller wakes the job.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from consent.access import own, own_row
from governance.models import Member
from governance.permissions import Permission
from knowledge.importing.items import Fault, Item, items, items_of_export
from knowledge.importing.plan import RECORDS, Plan, check, guess_plan
from knowledge.importing.records import export_from
from knowledge.models import IMPORT_STATES, ImportBatch, ImportState
from knowledge.reading.document import MEGABYTE, Code, Document, Limits
from knowledge.reading.refusals import Unreadable
from knowledge.reading.text import line
from knowledge.services import import_files
from knowledge.services.entry_labels import NoSuchLabel, usable_labels
from knowledge.services.import_refusals import (
    MOST_ENTRIES,
    MOST_OPEN,
    LabelsMissing,
    MayNotImport,
    NothingNew,
    NotNow,
    TooManyEntries,
    TooManyOpen,
)
from knowledge.services.import_sifting import Sieve, Survey, survey
from knowledge.services.restoring import labels_missing

OPEN = (ImportState.UPLOADED, ImportState.READ, ImportState.IMPORTING)
NAME_LENGTH = 200


def limits() -> Limits:
    """The bounds of one file on this node; what is unpacked from it may be four times as large."""
    most = settings.IMPORT_MB * MEGABYTE
    return Limits(file_bytes=most, unpacked_bytes=4 * most)


def bring(*, member: Member, data: bytes, name: str, now: datetime) -> ImportBatch:
    """Keep a file, sealed, to be read in the background. Raises MayNotImport, TooManyOpen, Unreadable by its size."""
    require_permission(member)
    check_size(len(data))
    with transaction.atomic():
        if own(ImportBatch, member=member).filter(state__in=OPEN).count() >= MOST_OPEN:
            raise TooManyOpen
        batch = ImportBatch(
            member=member,
            file_name=line(PurePath(name.replace("\\", "/")).name)[-NAME_LENGTH:],
            sha256=hashlib.sha256(data).hexdigest(),
            bytes=len(data),
            brought_at=now,
            changed_at=now,
        )
        batch.save(force_insert=True)
        import_files.keep_file(batch, data)
    return batch


def check_size(size: int) -> None:
    """Raises Unreadable for a file of no bytes, or of too many."""
    if not size:
        raise Unreadable(Code.EMPTY)
    if size > limits().file_bytes:
        raise Unreadable(Code.TOO_LARGE, {"limit": settings.IMPORT_MB})


def plan_of(batch: ImportBatch) -> Plan:
    return Plan.from_json(json.loads(batch.plan))


def plan_as_text(plan: Plan) -> str:
    """As `ImportBatch.plan` holds it."""
    return json.dumps(plan.to_json())


def guessed(batch: ImportBatch, document: Document, *, language: str, source: str | None = None) -> Plan:
    return guess_plan(document, file_name=batch.file_name, language=language, source=source)


def change_plan(*, member: Member, batch_id: UUID, plan: Plan, now: datetime) -> ImportBatch:
    """Raises NotFound, MayNotImport, NotNow, NoSuchLabel, InvalidPlan, and Gone when the file is."""
    require_permission(member)
    with transaction.atomic():
        batch = own_row(ImportBatch, member=member, pk=batch_id)
        check(plan, import_files.document_of(batch))
        if not set(plan.labels) <= usable_labels().keys():
            raise NoSuchLabel
        text = plan_as_text(plan)
        kept = own(ImportBatch, member=member).filter(pk=batch_id, state=ImportState.READ)
        sealed = ImportBatch._meta.get_field("plan").seal_for(batch, text)
        if not kept.update(plan=sealed, changed_at=now):
            raise NotNow
        batch.plan = text
    return batch


@dataclass(frozen=True)
class Look:
    """What a batch that was read holds, and what importing it now would do.

    `too_many` means that the survey stopped. `labels_missing` are those of an export that are not in use here.
    """

    document: Document
    plan: Plan
    survey: Survey
    too_many: bool
    labels_missing: list[str]


def look(*, member: Member, batch: ImportBatch, now: datetime) -> Look:
    """Raises Gone when the file is not there any more."""
    document, plan = import_files.document_of(batch), plan_of(batch)
    found = list(islice(entries_of(document, plan, batch), MOST_ENTRIES + 1))
    sieve = Sieve(member=member, plan=plan, sha256=batch.sha256, now=now)
    missing = labels_missing(export_from(document.records)) if plan.source == RECORDS else []
    return Look(document, plan, survey(found, sieve), len(found) > MOST_ENTRIES, missing)


def entries_of(document: Document, plan: Plan, batch: ImportBatch) -> Iterator[Item | Fault]:
    """What the document becomes under the plan. Raises BadRecord for an export that is none."""
    if plan.source == RECORDS:
        return items_of_export(export_from(document.records))
    return items(document, plan, file_name=batch.file_name)


def begin(*, member: Member, batch_id: UUID, now: datetime) -> ImportBatch:
    """Have the import made by the plan that is kept.

    Raises NotFound, MayNotImport, NotNow, TooManyEntries, NothingNew, LabelsMissing, NoSuchLabel, and Gone.
    """
    require_permission(member)
    batch = own_row(ImportBatch, member=member, pk=batch_id)
    if batch.state != ImportState.READ:
        raise NotNow
    seen = look(member=member, batch=batch, now=now)
    if seen.too_many:
        raise TooManyEntries
    if seen.labels_missing:
        raise LabelsMissing(seen.labels_missing)
    if not seen.survey.new:
        raise NothingNew
    if not set(seen.plan.labels) <= usable_labels().keys():
        raise NoSuchLabel
    _move(batch, ImportState.IMPORTING, total=seen.survey.total, changed_at=now)
    return batch


def cancel(*, member: Member, batch_id: UUID, now: datetime) -> ImportBatch:
    """Nothing of the file comes in; what was written already goes. Raises NotFound, NotNow."""
    with transaction.atomic():
        batch = own_row(ImportBatch, member=member, pk=batch_id)
        _move(batch, ImportState.CANCELLED, changed_at=now)
        transaction.on_commit(lambda: import_files.remove(batch_id))
    return batch


def take_back(*, member: Member, batch_id: UUID, now: datetime) -> ImportBatch:
    """Delete the entries of an import again, but those that somebody else has changed. Raises NotFound, NotNow."""
    batch = own_row(ImportBatch, member=member, pk=batch_id)
    _move(batch, ImportState.UNDOING, changed_at=now)
    return batch


def require_permission(member: Member) -> None:
    if not member.is_active or not member.may(Permission.TEACH):
        raise MayNotImport


def _move(batch: ImportBatch, to: ImportState, **changes: Any) -> None:
    if not IMPORT_STATES.move(batch, to, **changes):
        raise NotNow
