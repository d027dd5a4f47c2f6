"""Questions that the community has no note on: asked to the members who teach, answered with an entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from community_ai.core.housekeeping import wipe_deleted_text
from consent.access import NotFound, handed_in, handed_in_row, in_service, own, own_row
from consent.sealing import SealError
from consent.services import erasure
from consent.services.personal_keys import PersonalKeyGone
from governance.models import Member
from governance.refusals import Refused
from governance.services import audit
from knowledge import access, titles
from knowledge.content import InvalidContent
from knowledge.models import QUESTION_STATES, Entry, OpenQuestion, QuestionState
from knowledge.references import reference
from knowledge.services import entries
from knowledge.services.corrections import text_of
from knowledge.services.entries import NewEntry, NoSuchEntry
from knowledge.services.teachers import require_teacher

QUESTION_LENGTH = 2_000
REASON_LENGTH = 2_000
MOST_OPEN = 5


class TooManyQuestions(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("%(most)s questions of yours are open already. Take one back, or wait until one is answered.")
            % {"most": MOST_OPEN}
        )


class EndedMeanwhile(Refused):
    """Somebody was first. `state` is what became of the question."""

    def __init__(self, state: QuestionState) -> None:
        sentence = (
            _("The member took this question back meanwhile. Your text is still here.")
            if state is QuestionState.WITHDRAWN
            else _("Another teacher was first: %(state)s. Your text is still here.") % {"state": state.label}
        )
        super().__init__(sentence)
        self.state = state


class HiddenFromAsker(Refused):
    def __init__(self) -> None:
        super().__init__(_("A label keeps this entry from the member who asked. Please choose another answer."))


@dataclass(frozen=True)
class Asked:
    """A question as a teacher sees it. `name` is empty where the member did not give it."""

    question_id: UUID
    text: str
    name: str
    own: bool
    asked_at: datetime


def ask_teachers(*, member: Member, text: str, with_name: bool, now: datetime) -> OpenQuestion:
    """Ask those who teach; the same question of the same member is asked once.

    Raises InvalidContent, TooManyQuestions.
    """
    text = text_of(text, field="text", most=QUESTION_LENGTH)
    key = titles.key(text)
    if not key:
        raise InvalidContent(_("Please write your question."), field="text")
    with transaction.atomic():
        # Counting and writing belong together: another request of the same member waits here.
        Member.objects.select_for_update().get(pk=member.pk)
        open_ones = list(own(OpenQuestion, member=member).filter(state=QuestionState.OPEN))
        for known in open_ones:
            if titles.key(known.text) == key:
                return known
        if len(open_ones) >= MOST_OPEN:
            raise TooManyQuestions
        return OpenQuestion.objects.create(member=member, text=text, with_name=with_name, asked_at=now)


def withdraw(*, member: Member, question_id: UUID, now: datetime) -> None:
    """Take a question back: its texts go, and what leads to its answer. Raises consent.access.NotFound."""
    with transaction.atomic():
        row = own_row(OpenQuestion, member=member, pk=question_id)
        erasure.note_pieces(member=member, kind="open_questions", keys=[str(row.pk)], now=now)
        gone: dict[str, Any] = {"text": "", "reason": "", "entry": None, "answered_by": None, "read_at": now}
        QUESTION_STATES.move(row, QuestionState.WITHDRAWN, **gone)
        transaction.on_commit(wipe_deleted_text)


def asked_by(member: Member) -> QuerySet[OpenQuestion]:
    """The member's own questions, the newest first, without those taken back."""
    return own(OpenQuestion, member=member).exclude(state=QuestionState.WITHDRAWN).order_by("-asked_at", "pk")


def mark_read(*, member: Member, now: datetime) -> None:
    """The member has seen what became of their questions."""
    own(OpenQuestion, member=member).exclude(ended_at=None).filter(read_at=None).update(read_at=now)


def unread(member: Member) -> QuerySet[OpenQuestion]:
    """Questions that ended since the member last looked."""
    ended = own(OpenQuestion, member=member).filter(state__in=(QuestionState.ANSWERED, QuestionState.CLOSED))
    return ended.filter(read_at=None)


def queue(*, teacher: Member) -> QuerySet[OpenQuestion]:
    """The questions that are open, the oldest first. The teacher's own are for the others."""
    return handed_in(OpenQuestion, reviewer=teacher).exclude(member=teacher).order_by("asked_at", "pk")


def opened(rows: Iterable[OpenQuestion], *, teacher: Member) -> Iterator[Asked]:
    """What a teacher sees of rows that came from `queue`; what does not open any more is left out."""
    for row in rows:
        try:
            yield _seen(row, teacher)
        except (PersonalKeyGone, SealError):
            continue


def load(*, teacher: Member, pk: Any) -> Asked:
    """One open question. Raises consent.access.NotFound."""
    try:
        return _seen(handed_in_row(OpenQuestion, reviewer=teacher, pk=pk), teacher)
    except (PersonalKeyGone, SealError):
        raise NotFound(str(OpenQuestion._meta.verbose_name)) from None


def became(question_id: UUID) -> QuestionState | None:
    """The state alone of a question that is out of reach, for a teacher who had it before them."""
    state = in_service(OpenQuestion).filter(pk=question_id).values_list("state", flat=True).first()
    return QuestionState(state) if state is not None else None


def answer(*, teacher: Member, question_id: UUID, new: NewEntry, now: datetime) -> Entry:
    """Publish an entry that answers it.

    Raises NotFound, EndedMeanwhile, MayNotReview, and what `entries.add` raises.
    """
    with transaction.atomic():
        row = _open_row(teacher, question_id)
        entry = entries.add(author=teacher, new=new, now=now)
        _end(row, QuestionState.ANSWERED, teacher, now, entry=entry)
    return entry


def answer_with(*, teacher: Member, question_id: UUID, entry_id: UUID, now: datetime) -> None:
    """Say that an entry answers it which is there already.

    Whether the member who asked may see it is checked only if they gave their name: the answer would tell their roles.
    Raises NotFound, EndedMeanwhile, MayNotReview, NoSuchEntry, HiddenFromAsker.
    """
    with transaction.atomic():
        row = _open_row(teacher, question_id)
        entry = access.visible(Entry, member=teacher, now=now).filter(pk=entry_id).first()
        if entry is None:
            raise NoSuchEntry
        theirs = access.visible(Entry, member=row.member, now=now).filter(pk=entry_id)
        if row.with_name and not theirs.exists():
            raise HiddenFromAsker
        _end(row, QuestionState.ANSWERED, teacher, now, entry=entry)


def close(*, teacher: Member, question_id: UUID, reason: str, now: datetime) -> None:
    """Say why it stays without an answer; the member reads it.

    Raises NotFound, EndedMeanwhile, MayNotReview, InvalidContent.
    """
    reason = text_of(reason, field="reason", most=REASON_LENGTH)
    if not reason:
        raise InvalidContent(_("Please say why. The member reads it."), field="reason")
    with transaction.atomic():
        _end(_open_row(teacher, question_id), QuestionState.CLOSED, teacher, now, reason=reason)


def _open_row(teacher: Member, question_id: UUID) -> OpenQuestion:
    require_teacher(teacher)
    handed = handed_in(OpenQuestion, reviewer=teacher).select_for_update(of=("self",))
    row = handed.select_related("member").filter(pk=question_id).first()
    if row is None:
        state = became(question_id)
        if state is None:
            raise NotFound(str(OpenQuestion._meta.verbose_name))
        raise EndedMeanwhile(state)
    return row


def _end(row: OpenQuestion, state: QuestionState, teacher: Member, now: datetime, **changes: Any) -> None:
    if not QUESTION_STATES.move(row, state, answered_by=teacher, ended_at=now, read_at=None, **changes):
        raise EndedMeanwhile(state)
    facts: dict[str, Any] = {"question": str(row.pk)}
    if (entry := changes.get("entry")) is not None:
        facts["entry"] = reference(entry.pk)
    audit.record(kind=f"question.{state.value}", actor=teacher, subject=f"question:{row.pk}", facts=facts, now=now)


def _seen(row: OpenQuestion, teacher: Member) -> Asked:
    return Asked(
        question_id=row.pk,
        text=row.text,
        name=str(row.member) if row.with_name else "",
        own=row.member_id == teacher.pk,
        asked_at=row.asked_at,
    )
