"""Teachers decide what becomes of what members taught: knowledge, an example, a matter for a proposal, or nothing.

A teacher reads what was handed in and nothing else, and without the member's name unless the member gave it. Two who
decide at once: the first one counts, the second is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from consent.access import NotFound, agreeing, handed_in, handed_in_row, in_service
from consent.purposes import Purpose
from consent.sealing import SealError
from consent.services.personal_keys import PersonalKeyGone
from governance.models import Member
from governance.refusals import Refused
from governance.services import audit
from knowledge import access, titles
from knowledge.content import InvalidContent
from knowledge.models import CORRECTION_STATES, Correction, CorrectionState, Entry, Matter, Verdict
from knowledge.references import reference
from knowledge.services import entries
from knowledge.services.corrections import ANSWER_LENGTH, COMMENT_LENGTH, text_of
from knowledge.services.entries import NewEntry
from knowledge.services.teachers import is_only_teacher, require_teacher

# As many corrections are looked through for the same question.
MOST_COMPARED = 300
MOST_MATTERS = 50
MOST_BESIDE = 5


class ReviewedMeanwhile(Refused):
    """Somebody decided first. `state` is what became of it."""

    def __init__(self, state: CorrectionState) -> None:
        sentence = (
            _("The member took this back meanwhile. Your text is still here.")
            if state is CorrectionState.WITHDRAWN
            else _("Another teacher has decided meanwhile: %(state)s. Your text is still here.")
            % {"state": state.label}
        )
        super().__init__(sentence)
        self.state = state


class ChangedMeanwhile(Refused):
    def __init__(self) -> None:
        super().__init__(_("The member wrote this anew meanwhile. Please read it again; your text is still here."))


class OwnCorrection(Refused):
    def __init__(self) -> None:
        super().__init__(_("You taught this yourself. Another teacher has to look at it."))


class NoTraining(Refused):
    def __init__(self) -> None:
        super().__init__(_("The member did not agree that the AI learns from this."))


@dataclass(frozen=True)
class HandedIn:
    """A correction as a teacher sees it. `name` is empty where the member did not give it."""

    correction_id: UUID
    number: int
    question: str
    answer: str
    behaviour: int
    verdict: Verdict
    matter: Matter | None
    better: str
    comment: str
    name: str
    own: bool
    may_train: bool
    state: CorrectionState
    submitted_at: datetime

    @property
    def answer_wanted(self) -> str:
        """The answer as the member wants it."""
        return self.better or self.answer


def queue(*, reviewer: Member) -> QuerySet[Correction]:
    """What waits for this teacher, the oldest first. Their own waits for another teacher, if there is one."""
    rows = handed_in(Correction, reviewer=reviewer).filter(state=CorrectionState.SUBMITTED)
    if not is_only_teacher(reviewer):
        rows = rows.exclude(member=reviewer)
    return rows.order_by("submitted_at", "pk")


def matters(*, reviewer: Member) -> list[HandedIn]:
    """What was taken as a matter for a proposal, the newest first."""
    rows = handed_in(Correction, reviewer=reviewer).filter(state=CorrectionState.PROPOSAL)
    return list(opened(rows.order_by("-reviewed_at", "pk")[:MOST_MATTERS], reviewer=reviewer))


def opened(rows: Iterable[Correction], *, reviewer: Member) -> Iterator[HandedIn]:
    """What a teacher sees of rows that came from `queue`; what does not open any more is left out."""
    rows = list(rows)
    learnable = _learnable(*rows)
    for row in rows:
        try:
            yield _seen(row, reviewer, learnable)
        except (PersonalKeyGone, SealError):
            continue


def load(*, reviewer: Member, pk: Any) -> HandedIn:
    """One correction that is handed in. Raises consent.access.NotFound."""
    try:
        row = handed_in_row(Correction, reviewer=reviewer, pk=pk)
        return _seen(row, reviewer, _learnable(row))
    except (PersonalKeyGone, SealError):
        raise NotFound(str(Correction._meta.verbose_name)) from None


def became(correction_id: UUID) -> CorrectionState | None:
    """The state alone of a correction that is out of reach, for a teacher who had it before them."""
    state = in_service(Correction).filter(pk=correction_id).values_list("state", flat=True).first()
    return CorrectionState(state) if state is not None else None


def others_on(item: HandedIn, *, reviewer: Member) -> list[HandedIn]:
    """What else waits about the same question."""
    key = titles.key(item.question)
    rows = (
        handed_in(Correction, reviewer=reviewer).filter(state=CorrectionState.SUBMITTED).exclude(pk=item.correction_id)
    )
    seen = opened(rows.order_by("submitted_at", "pk")[:MOST_COMPARED], reviewer=reviewer)
    return [other for other in seen if key and titles.key(other.question) == key]


def entries_on(question: str, *, reviewer: Member, now: datetime) -> list[Entry]:
    """What the community has about the same question, as far as the teacher may see it."""
    key = titles.key(question)
    if not key:
        return []
    found = access.visible(Entry, member=reviewer, now=now).filter(title_key=key)
    return list(found.select_related("present")[:MOST_BESIDE])


def accept_as_knowledge(*, reviewer: Member, correction_id: UUID, number: int, new: NewEntry, now: datetime) -> Entry:
    """Publish an entry made of what was taught; its author is the member, if they gave their name, else the teacher.

    Raises NotFound, ReviewedMeanwhile, ChangedMeanwhile, OwnCorrection, MayNotReview, and what `entries.add` raises.
    """
    with transaction.atomic():
        row = _decidable(reviewer, correction_id, number)
        author = row.member if row.with_name else reviewer
        entry = entries.add(author=author, new=new, now=now, by=reviewer)
        _decide(row, CorrectionState.KNOWLEDGE, reviewer, now, entry=entry)
    return entry


def accept_as_example(*, reviewer: Member, correction_id: UUID, number: int, text: str, now: datetime) -> None:
    """Keep the answer, as the teacher put it, for training: sealed with the member's key, used while they agree.

    Raises NotFound, ReviewedMeanwhile, ChangedMeanwhile, OwnCorrection, MayNotReview, NoTraining, InvalidContent.
    """
    text = _written(text, "text", ANSWER_LENGTH, _("Please write the answer."))
    with transaction.atomic():
        row = _decidable(reviewer, correction_id, number)
        if not _learnable(row):
            raise NoTraining
        _decide(row, CorrectionState.EXAMPLE, reviewer, now, accepted=text)


def take_as_matter(*, reviewer: Member, correction_id: UUID, number: int, now: datetime) -> HandedIn:
    """Keep it as a matter for a proposal, which only members make.

    Raises NotFound, ReviewedMeanwhile, ChangedMeanwhile, OwnCorrection, MayNotReview.
    """
    with transaction.atomic():
        row = _decidable(reviewer, correction_id, number)
        _decide(row, CorrectionState.PROPOSAL, reviewer, now)
    return _seen(row, reviewer, _learnable(row))


def decline(*, reviewer: Member, correction_id: UUID, number: int, reason: str, now: datetime) -> None:
    """Say why not; the member reads it.

    Raises NotFound, ReviewedMeanwhile, ChangedMeanwhile, OwnCorrection, MayNotReview, InvalidContent.
    """
    reason = _written(reason, "reason", COMMENT_LENGTH, _("Please say why. The member reads it."))
    with transaction.atomic():
        row = _decidable(reviewer, correction_id, number)
        _decide(row, CorrectionState.DECLINED, reviewer, now, reason=reason)


def _decidable(reviewer: Member, correction_id: UUID, number: int) -> Correction:
    """The row, locked, if this teacher may decide about this wording of it now."""
    require_teacher(reviewer)
    handed = handed_in(Correction, reviewer=reviewer).select_for_update(of=("self",))
    row = handed.select_related("member").filter(pk=correction_id).first()
    if row is None or row.state != CorrectionState.SUBMITTED:
        state = became(correction_id)
        if state is None:
            raise NotFound(str(Correction._meta.verbose_name))
        raise ReviewedMeanwhile(state)
    if row.member_id == reviewer.pk and not is_only_teacher(reviewer):
        raise OwnCorrection
    if row.number != number:
        raise ChangedMeanwhile
    return row


def _decide(row: Correction, state: CorrectionState, reviewer: Member, now: datetime, **changes: Any) -> None:
    decided = {"reviewer": reviewer, "reviewed_at": now, "read_at": None, **changes}
    if not CORRECTION_STATES.move(row, state, only_from={CorrectionState.SUBMITTED}, **decided):
        raise ReviewedMeanwhile(state)
    facts: dict[str, Any] = {"correction": str(row.pk)}
    if state is CorrectionState.KNOWLEDGE:
        facts["entry"] = reference(changes["entry"].pk)
    subject = f"correction:{row.pk}"
    audit.record(kind=f"correction.{state.value}", actor=reviewer, subject=subject, facts=facts, now=now)
    if row.member_id == reviewer.pk:
        audit.record(kind="correction.own", actor=reviewer, subject=subject, facts=facts, now=now)


def _learnable(*rows: Correction) -> frozenset[UUID]:
    """Those that the AI may learn from: their member said so about each, and agrees to training now."""
    meant = [row for row in rows if row.may_train]
    agree = agreeing({row.member_id for row in meant}, purpose=Purpose.TRAINING)
    return frozenset(row.pk for row in meant if row.member_id in agree)


def _seen(row: Correction, reviewer: Member, learnable: frozenset[UUID]) -> HandedIn:
    return HandedIn(
        correction_id=row.pk,
        number=row.number,
        question=row.question,
        answer=row.answer,
        behaviour=row.behaviour,
        verdict=Verdict(row.verdict),
        matter=Matter(row.matter) if row.matter else None,
        better=row.better,
        comment=row.comment,
        name=str(row.member) if row.with_name else "",
        own=row.member_id == reviewer.pk,
        may_train=row.pk in learnable,
        state=CorrectionState(row.state),
        submitted_at=row.submitted_at,
    )


def _written(text: str, field: str, most: int, missing: Any) -> str:
    written = text_of(text, field=field, most=most)
    if not written:
        raise InvalidContent(missing, field=field)
    return written
