"""Labels on entries: putting one on, taking one off, and which of them hang there now.

A label is put on by the entry's author, by a member who may review what is taught, or by a decision. It is taken off by
the author who put it on, or by a decision: nobody else can, an administrator neither. That it was taken off is a
sealed row; without a genuine one the label counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from governance import seals
from governance.models import Decision, Member, Outcome, ProposalVersion
from governance.permissions import Permission
from governance.refusals import Refused
from governance.services import audit
from governance.services.decisions import is_genuine
from knowledge.models import Entry, EntryLabel, EntryLabelRemoval, LabelVersion
from knowledge.references import reference
from knowledge.services.labels import labels_in_force
from knowledge.vouching import VOUCHED

ENTRY_LABELS = "entry-labels"
_PURPOSE = "entry-label-removal"


class NoSuchLabel(Refused):
    def __init__(self) -> None:
        super().__init__(_("There is no such label, or it is not in use any more."))


class MayNotLabel(Refused):
    def __init__(self) -> None:
        super().__init__(_("Only who wrote this, or a member who reviews what is taught, can put a label on it."))


class MayNotUnlabel(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("Only the author can take off a label, and only one that they put on. The community can decide it.")
        )


def genuine_removals(*, outside: Collection[int] | None = None) -> list[int]:
    """Ids of hanging labels that were genuinely taken off; `outside` leaves out labels with these ids."""
    rows = EntryLabelRemoval.objects.select_related("decision", "hanging__label")
    if outside is not None:
        rows = rows.exclude(hanging__label_id__in=outside)
    return [row.pk for row in rows if is_genuine_removal(row)]


def is_genuine_removal(removal: EntryLabelRemoval) -> bool:
    """Whether the node wrote this row: its seal holds, and if it names a decision, that one says the same."""
    content, decision = _content(removal), removal.decision
    said_by = (decision.content(), decision.seal) if decision else None
    return VOUCHED.remember(
        (content, removal.seal, said_by),
        lambda: seals.holds(_PURPOSE, content, removal.seal) and (decision is None or _decides(decision, removal)),
    )


def hanging_on(entry_ids: Iterable[UUID]) -> dict[UUID, list[EntryLabel]]:
    """The labels that hang on these entries now, for each in the order in which they were put on."""
    wanted = list(entry_ids)
    found: dict[UUID, list[EntryLabel]] = {pk: [] for pk in wanted}
    removed = {
        row.pk
        for row in EntryLabelRemoval.objects.filter(entry__in=wanted).select_related("decision", "hanging__label")
        if is_genuine_removal(row)
    }
    for row in EntryLabel.objects.filter(entry__in=wanted).select_related("label").order_by("pk"):
        if row.pk not in removed:
            found[row.entry_id].append(row)
    return found


def usable_labels() -> dict[str, LabelVersion]:
    """The labels that can be put on an entry now, by their keys."""
    return {
        version.label.key: version
        for version in labels_in_force().values()
        if version is not None and not version.ended
    }


def put_on(*, entry_id: UUID, label: str, by: Member, now: datetime) -> EntryLabel:
    """Hang a label on an entry; one that hangs there already stays. Raises MayNotLabel and NoSuchLabel."""
    with transaction.atomic():
        entry = Entry.objects.select_for_update().get(pk=entry_id)
        if not by.is_active or not (entry.author_id == by.pk or by.may(Permission.TEACH)):
            raise MayNotLabel
        for row in hanging_on([entry.pk])[entry.pk]:
            if row.label.key == label:
                return row
        (row,) = hang({entry.pk: [label]}, by=by, decision=None, now=now)
        audit.record(
            kind="entry.labelled",
            actor=by,
            subject=reference(entry.pk),
            facts={"label": label},
            now=now,
        )
        return row


def take_off(*, entry_id: UUID, label: str, by: Member, now: datetime) -> None:
    """Take off a label that the author put on their own entry; nothing happens if it does not hang there.

    Raises MayNotUnlabel.
    """
    with transaction.atomic():
        entry = Entry.objects.select_for_update().get(pk=entry_id)
        hanging = [row for row in hanging_on([entry.pk])[entry.pk] if row.label.key == label]
        if not by.is_active or entry.author_id != by.pk or any(row.put_by_id != by.pk for row in hanging):
            raise MayNotUnlabel
        if any(row.decision_id is not None for row in hanging):
            raise MayNotUnlabel
        for row in hanging:
            _remove(row, decision=None, now=now)
            audit.record(
                kind="entry.unlabelled",
                actor=by,
                subject=reference(entry.pk),
                facts={"label": label},
                now=now,
            )


def hang(
    labels: Mapping[UUID, Collection[str]], *, by: Member | None, decision: Decision | None, now: datetime
) -> list[EntryLabel]:
    """Rows that hang labels, given by their keys, on entries. Raises NoSuchLabel."""
    usable = usable_labels() if any(labels.values()) else {}
    rows = []
    for entry_id, keys in labels.items():
        for key in dict.fromkeys(keys):
            if key not in usable:
                raise NoSuchLabel
            rows.append(
                EntryLabel(entry_id=entry_id, label=usable[key].label, put_by=by, put_at=now, decision=decision)
            )
    return EntryLabel.objects.bulk_create(rows)


def carry_out(*, entry_id: UUID, put: list[str], take: list[str], decision: Decision, now: datetime) -> None:
    """Change an entry's labels as the community decided. Raises Refused."""
    hanging = {row.label.key: row for row in hanging_on([entry_id])[entry_id]}
    for key in take:
        if key in hanging:
            _remove(hanging[key], decision=decision, now=now)
    hang({entry_id: [key for key in put if key not in hanging]}, by=None, decision=decision, now=now)


def payload_for(entry_id: UUID, put: Iterable[str], take: Iterable[str]) -> dict[str, Any]:
    """The payload of a proposal that changes an entry's labels."""
    return {"entry": str(entry_id), "put": sorted(set(put)), "take": sorted(set(take))}


def _remove(row: EntryLabel, *, decision: Decision | None, now: datetime) -> None:
    removal = EntryLabelRemoval(hanging=row, entry_id=row.entry_id, taken_at=now, decision=decision)
    removal.seal = seals.seal(_PURPOSE, _content(removal))
    removal.save(force_insert=True)


def _content(removal: EntryLabelRemoval) -> dict[str, Any]:
    return {
        "hanging": removal.hanging_id,
        "entry": str(removal.entry_id),
        "label": removal.hanging.label.key,
        "decision": removal.decision_id,
    }


def _decides(decision: Decision, removal: EntryLabelRemoval) -> bool:
    if decision.kind != ENTRY_LABELS or decision.outcome != Outcome.CARRIED_OUT or not is_genuine(decision):
        return False
    version = ProposalVersion.objects.filter(proposal=decision.proposal, number=decision.version).first()
    return (
        version is not None
        and version.payload["entry"] == str(removal.entry_id)
        and removal.hanging.label.key in version.payload["take"]
    )
