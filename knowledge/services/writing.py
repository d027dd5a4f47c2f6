"""What the writing page saves at once: a wording, the labels that go with it, and whether it is published.

Labels and text change in one transaction: nobody reads a text, and no index takes it, before its label hangs there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance.models import Member
from knowledge.content import Content, cleaned, content_of
from knowledge.models import Entry, EntryKind, EntryState
from knowledge.services import entries, entry_labels
from knowledge.services.entries import Stale


@dataclass(frozen=True)
class Revision:
    """What somebody wrote over version `base`. `put` and `take` are keys of labels to hang on and to take off."""

    base: int
    content: Content
    kind: EntryKind
    language: str
    tags: Sequence[str] = ()
    change_note: str = ""
    put: Collection[str] = ()
    take: Collection[str] = ()


def save(*, entry_id: UUID, by: Member, revision: Revision, now: datetime, publish: bool = False) -> Entry:
    """Write the next version with its labels, and publish a draft if so wished: all of it or nothing.

    The same text sent twice is written once. Raises what `entries.revise`, `entries.publish`, `entry_labels.put_on`
    and `entry_labels.take_off` raise.
    """
    with transaction.atomic():
        entry = _revised(entry_id, by, revision, now)
        for label in revision.put:
            entry_labels.put_on(entry_id=entry_id, label=label, by=by, now=now)
        for label in revision.take:
            entry_labels.take_off(entry_id=entry_id, label=label, by=by, now=now)
        if publish and entry.state == EntryState.DRAFT:
            entry = entries.publish(entry_id=entry_id, by=by, now=now)
    return entry


def _revised(entry_id: UUID, by: Member, revision: Revision, now: datetime) -> Entry:
    try:
        return entries.revise(
            entry_id=entry_id,
            by=by,
            base=revision.base,
            content=revision.content,
            change_note=revision.change_note,
            tags=revision.tags,
            kind=revision.kind,
            language=revision.language,
            now=now,
        )
    except Stale as stale:
        sent_before = stale.present.author_id == by.pk and content_of(stale.present) == cleaned(revision.content)
        if not sent_before:
            raise
        return stale.present.entry
