"""How this room forgets a member: what they taught goes or becomes nobody's, as they chose; the rest of theirs goes.

Each function takes some, says how many went, and survives running twice. Nothing here needs the member's key.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from community_ai.core.holdings import Teaching
from consent.access import in_service
from governance.models import Member
from governance.services import audit
from knowledge.models import (
    ENTRY_STATES,
    Correction,
    Entry,
    EntryLabel,
    EntryState,
    EntryVersion,
    ImportBatch,
    ImportedEntry,
    OpenQuestion,
    SetQuestion,
    Thanks,
)
from knowledge.references import reference
from knowledge.services import import_files, indexing
from knowledge.services.entry_batches import forget_many

_AT_ONCE = 200


def taught_entries(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    mine = Entry.objects.filter(author_id=member_id).exclude(state=EntryState.FORGOTTEN)
    if teaching is Teaching.ANONYMISE:
        return mine.update(author=None)
    return forget_many(entry_ids=list(mine.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]), actor=None, now=now)


def entry_pieces(*, member_id: int, keys: Iterable[str], now: datetime) -> int:
    """Also for entries that an older backup brought back."""
    mine = Entry.objects.filter(author_id=member_id, pk__in=list(keys)).exclude(state=EntryState.FORGOTTEN)
    return forget_many(entry_ids=list(mine.values_list("pk", flat=True)), actor=None, now=now)


def written_versions(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """Wordings that they wrote in entries of others, and their name in entries that came back from an export."""
    _forget_names(member_id)
    return EntryVersion.objects.filter(author_id=member_id).update(author=None)


def _forget_names(member_id: int) -> None:
    member = Member.objects.filter(pk=member_id).first()
    names = {member.username, str(member)} if member else set()
    for row in ImportedEntry.objects.exclude(names=None).iterator(chunk_size=500):
        kept = _without(row.names, names)
        if kept != row.names:
            ImportedEntry.objects.filter(pk=row.pk).update(names=kept)


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(part, names) for key, part in value.items()}
    return None if value in names else value


def labels_put_by(member: Member) -> QuerySet[EntryLabel]:
    return EntryLabel.objects.filter(put_by=member).select_related("label").order_by("-put_at", "pk")


def labels_put(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """A label that hangs on an entry of another member goes on binding."""
    return EntryLabel.objects.filter(put_by_id=member_id).update(put_by=None)


def thanks(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    return Thanks.objects.filter(member_id=member_id).delete()[0]


def thanks_pieces(*, member_id: int, keys: Iterable[str], now: datetime) -> int:
    wanted = [int(key) for key in keys if key.isascii() and key.isdigit()]
    return Thanks.objects.filter(member_id=member_id, pk__in=wanted).delete()[0]


def imports(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """The batches and their sealed files; what came of them is among the entries."""
    return _forget_batches(in_service(ImportBatch).filter(member_id=member_id))


def import_pieces(*, member_id: int, keys: Iterable[str], now: datetime) -> int:
    """Imports that are over; the entries that came of them stay."""
    return _forget_batches(in_service(ImportBatch).filter(member_id=member_id, pk__in=_uuids(keys)))


def _forget_batches(batches: Any) -> int:
    keys = list(batches.values_list("pk", flat=True))
    for key in keys:
        import_files.remove(key)
    in_service(ImportBatch).filter(pk__in=keys).delete()
    return len(keys)


def corrections(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """They are sealed with the member's key, so they cannot stay for others; what came of them is an entry.

    Who leaves it here agreed to that in so many words; otherwise the entry goes as their own entries do.
    """
    mine = in_service(Correction).filter(member_id=member_id)
    if teaching is not Teaching.ANONYMISE:
        made_of_corrections(mine, now=now)
    return _rows(mine)


def correction_pieces(*, member_id: int, keys: Iterable[str], now: datetime) -> int:
    mine = in_service(Correction).filter(member_id=member_id, pk__in=_uuids(keys))
    made_of_corrections(mine, now=now)
    return _rows(mine)


def made_of_corrections(rows: QuerySet[Correction], *, now: datetime) -> None:
    """Let go of the entries that teachers made of these corrections, before the corrections go.

    The row of the correction is what asks for its member's agreement: without it, a no would become a yes. What was
    worded anew since is put aside, so that a teacher decides. An entry of the member's own stays bound by its author.
    Called inside a transaction.
    """
    keys = {
        entry_id
        for entry_id, author_id, member_id in rows.exclude(entry=None)
        .order_by()
        .values_list("entry_id", "entry__author_id", "member_id")
        if author_id != member_id
    }
    reworded = set(EntryVersion.objects.filter(entry__in=keys, number__gt=1).values_list("entry_id", flat=True))
    forget_many(entry_ids=keys - reworded, actor=None, now=now)
    for entry in Entry.objects.select_for_update().filter(pk__in=reworded, state=EntryState.PUBLISHED):
        if ENTRY_STATES.move(entry, EntryState.RETIRED, only_from={EntryState.PUBLISHED}, changed_at=now):
            indexing.remove(entry)
            audit.record(kind="entry.retired", actor=None, subject=reference(entry.pk), facts={}, now=now)


def questions(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    return _rows(in_service(OpenQuestion).filter(member_id=member_id))


def question_pieces(*, member_id: int, keys: Iterable[str], now: datetime) -> int:
    return _rows(in_service(OpenQuestion).filter(member_id=member_id, pk__in=_uuids(keys)))


def set_questions(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """Questions of the set that they added. The figures of past evaluations stay: they are numbers."""
    mine = SetQuestion.objects.filter(added_by_id=member_id)
    if teaching is Teaching.ANONYMISE:
        return mine.update(added_by=None)
    return _rows(mine)


def reviews(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """What they decided as a teacher about what others handed in stays with those others."""
    gone = in_service(Correction).filter(reviewer_id=member_id).update(reviewer=None)
    return gone + in_service(OpenQuestion).filter(answered_by_id=member_id).update(answered_by=None)


def _rows(rows: Any) -> int:
    return int(rows.delete()[1].get(rows.model._meta.label, 0))


def _uuids(keys: Iterable[str]) -> list[UUID]:
    return [UUID(key) for key in keys]
