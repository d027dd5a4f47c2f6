"""What members say about the AI's answers: taught, changed and taken back. `reviews` is the other side."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from community_ai.core.housekeeping import wipe_deleted_text
from consent.access import in_service, own, own_row
from consent.services import erasure
from governance.models import Member
from governance.refusals import Refused
from knowledge.content import InvalidContent, tidy
from knowledge.models import CORRECTION_STATES, Correction, CorrectionState, Matter, Verdict
from knowledge.services import forgetting

ANSWER_LENGTH = 8_000
COMMENT_LENGTH = 2_000
MOST_WAITING = 100
# A longer question or answer of the AI is kept to here.
_MOST_KEPT = 50_000
_TEXTS = ("question", "answer", "better", "comment", "reason", "accepted")


class AlreadyReviewed(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("A teacher has looked at this meanwhile, so it cannot be changed any more. Your text is still here.")
        )


class ChangedElsewhere(Refused):
    def __init__(self) -> None:
        super().__init__(_("You changed this on another page meanwhile. Please look at both; your text is still here."))


class TooManyWaiting(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("%(most)s corrections of yours wait for a teacher already. Please give them some time.")
            % {"most": MOST_WAITING}
        )


@dataclass(frozen=True)
class Answered:
    """What was asked and answered, as the room above knows it. `behaviour` is the number of the behaviour version."""

    answer_id: UUID
    question: str
    answer: str
    behaviour: int


@dataclass(frozen=True)
class Said:
    """What the member says about an answer. `matter` and `better` are empty where the answer is right."""

    verdict: Verdict
    matter: Matter | str = ""
    better: str = ""
    comment: str = ""
    with_name: bool = False
    may_train: bool = False


def teach(*, member: Member, answered: Answered, said: Said, now: datetime, number: int = 0) -> Correction:
    """Hand in what the member says about an answer, or its next wording while nobody has looked at it.

    `number` is that of the wording that the member saw, 0 for none. The same sent twice is one. Raises InvalidContent
    with its field, AlreadyReviewed, ChangedElsewhere, TooManyWaiting.
    """
    fields = _checked(said)
    with transaction.atomic():
        known = own(Correction, member=member).select_for_update().filter(answer_id=answered.answer_id).first()
        if known is not None and known.state != CorrectionState.WITHDRAWN:
            return _changed(known, fields, number)
        # Counting and writing belong together: another request of the same member waits here.
        Member.objects.select_for_update().get(pk=member.pk)
        waiting = own(Correction, member=member).filter(state=CorrectionState.SUBMITTED)
        if waiting.count() >= MOST_WAITING:
            raise TooManyWaiting
        fields |= {
            "question": tidy(answered.question)[:_MOST_KEPT],
            "answer": tidy(answered.answer)[:_MOST_KEPT],
            "behaviour": answered.behaviour,
            "submitted_at": now,
        }
        if known is None:
            return _added(member, answered, fields)
        fresh: dict[str, Any] = {
            "number": known.number + 1,
            "reviewer": None,
            "reviewed_at": None,
            "entry": None,
            "read_at": None,
        }
        if not CORRECTION_STATES.move(known, CorrectionState.SUBMITTED, **fields, **fresh):
            raise ChangedElsewhere
    return known


def withdraw(*, member: Member, correction_id: UUID, now: datetime) -> Correction:
    """Take back what was taught, whatever became of it: its texts go, and what leads to an entry.

    So does an entry that a teacher made of it (`forgetting.made_of_corrections`); one with the member's name stays.
    Raises consent.access.NotFound.
    """
    with transaction.atomic():
        # Locked: a teacher who accepts it at this moment must not make an entry that nothing binds.
        list(own(Correction, member=member).select_for_update().filter(pk=correction_id).values_list("pk"))
        row = own_row(Correction, member=member, pk=correction_id)
        erasure.note_pieces(member=member, kind="corrections", keys=[str(row.pk)], now=now)
        forgetting.made_of_corrections(in_service(Correction).filter(pk=row.pk), now=now)
        gone: dict[str, Any] = {**dict.fromkeys(_TEXTS, ""), "entry": None, "reviewer": None, "read_at": now}
        CORRECTION_STATES.move(row, CorrectionState.WITHDRAWN, **gone)
        transaction.on_commit(wipe_deleted_text)
    return row


def taught_by(member: Member) -> QuerySet[Correction]:
    """What the member taught, the newest first, without what they took back."""
    rows = own(Correction, member=member).exclude(state=CorrectionState.WITHDRAWN)
    return rows.select_related("reviewer").order_by("-submitted_at", "pk")


def about_answers(*, member: Member, answer_ids: Collection[UUID]) -> dict[UUID, Correction]:
    """What the member said about these answers, by answer; without the texts."""
    rows = own(Correction, member=member).filter(answer_id__in=answer_ids).exclude(state=CorrectionState.WITHDRAWN)
    return {row.answer_id: row for row in rows.defer(*_TEXTS)}


def mark_read(*, member: Member, now: datetime) -> None:
    """The member has seen what became of what they taught."""
    own(Correction, member=member).exclude(reviewed_at=None).filter(read_at=None).update(read_at=now)


def unread(member: Member) -> QuerySet[Correction]:
    """What teachers decided since the member last looked."""
    decided = own(Correction, member=member).exclude(state__in=(CorrectionState.SUBMITTED, CorrectionState.WITHDRAWN))
    return decided.filter(read_at=None)


def _changed(known: Correction, fields: dict[str, Any], number: int) -> Correction:
    same = all(getattr(known, name) == value for name, value in fields.items())
    if known.state != CorrectionState.SUBMITTED:
        if same:
            return known
        raise AlreadyReviewed
    if same:
        return known
    if number != known.number:
        raise ChangedElsewhere
    for name, value in {**fields, "number": number + 1}.items():
        setattr(known, name, value)
    known.save(update_fields=[*fields, "number"])
    return known


def _added(member: Member, answered: Answered, fields: dict[str, Any]) -> Correction:
    row = Correction(member=member, answer_id=answered.answer_id, **fields)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # Another page taught about the same answer in between.
        raise ChangedElsewhere from None
    return row


def _checked(said: Said) -> dict[str, Any]:
    """The columns of what was said. Raises InvalidContent."""
    right = said.verdict is Verdict.RIGHT
    if not right and said.matter not in Matter.values:
        raise InvalidContent(_("Please choose what it is about."), field="matter")
    better = "" if right else text_of(said.better, field="better", most=ANSWER_LENGTH)
    if not right and not better:
        raise InvalidContent(_("Please write the better answer."), field="better")
    return {
        "verdict": said.verdict.value,
        "matter": "" if right else Matter(said.matter).value,
        "better": better,
        "comment": text_of(said.comment, field="comment", most=COMMENT_LENGTH),
        "with_name": said.with_name,
        "may_train": said.may_train,
    }


def text_of(text: str, *, field: str, most: int) -> str:
    """Paragraphs without what nobody can see. Raises InvalidContent when they are too long."""
    written = tidy(text).strip()
    if len(written) > most:
        raise InvalidContent(
            _("This is too long: at most %(most)s characters fit here.") % {"most": f"{most:,}"}, field=field
        )
    return written
