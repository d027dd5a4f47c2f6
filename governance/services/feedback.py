"""Notes about the node: written by name or without one, answered by moderators in public.

A note without a name leaves no trace of its writer: see docs/teaching.md for how, and for what it cannot hide.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community_ai.core.housekeeping import wipe_deleted_text
from governance import feedback_codes, wording
from governance.feedback_limit import NOTES, NOTES_A_DAY
from governance.models import FEEDBACK_STATES, FeedbackAnswer, FeedbackNote, FeedbackSignature, FeedbackState, Member
from governance.models.feedback import REASON_LENGTH, random_key
from governance.permissions import Permission
from governance.refusals import Refused
from governance.services import audit

_MOST_TRIES = 20


class TooManyNotes(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("At most %(most)s notes can be written on one day. Your text is still here; please send it tomorrow.")
            % {"most": NOTES_A_DAY}
        )


class NoSuchNote(Refused):
    def __init__(self) -> None:
        super().__init__(_("There is no such note."))


class MayNotAnswer(Refused):
    def __init__(self) -> None:
        super().__init__(_("Only moderators answer notes about this node."))


class AnsweredMeanwhile(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("Somebody answered this note while you were writing. Please read it first; your text is still here.")
        )


class UnknownAnswer(Refused):
    def __init__(self) -> None:
        super().__init__(_("Please choose what becomes of the note."))


@dataclass(frozen=True)
class Written:
    """A note, and the code by which its writer follows it."""

    note: FeedbackNote
    code: str


def write(
    *, member: Member, text: str, code: str, now: datetime, signed: bool, only_from_tomorrow: bool = False
) -> Written:
    """Keep a note. Without `signed`, nothing of `member` is kept: they are asked for only to be counted in memory.

    `code` came with the page, so that an answer which is lost on the way leaves the writer with it; the same note sent
    twice is kept once. Raises BadWording, TooManyNotes.
    """
    text = wording.paragraphs(text, field="text")
    code = feedback_codes.read_code(code) or feedback_codes.new_code()
    known = find(code)
    if known is not None and known.text == text:
        return Written(known, code)
    today = local_day(now)
    if not NOTES.take(member.pk, day=today):
        raise TooManyNotes
    if known is not None:
        code = feedback_codes.new_code()
    note = FeedbackNote(
        id=_free_key(),
        text=text,
        day=today,
        shown_from=today + timedelta(days=1) if only_from_tomorrow else today,
        code_hash=feedback_codes.hash_of(code),
    )
    with transaction.atomic():
        if signed:
            note.save(force_insert=True)
            FeedbackSignature.objects.create(note=note, member=member, written_at=now)
        else:
            _lay_down([*_taken_up(), note])
    return Written(note, code)


def mix() -> int:
    """Lay the unsigned notes without an answer down anew, in random order; how many there were."""
    with transaction.atomic():
        notes = _taken_up()
        _lay_down(notes)
    return len(notes)


def find(code: str) -> FeedbackNote | None:
    """The note of this code, whoever asks."""
    code = feedback_codes.read_code(code)
    return FeedbackNote.objects.filter(code_hash=feedback_codes.hash_of(code)).first() if code else None


def shown(*, now: datetime) -> QuerySet[FeedbackNote]:
    """What members see today, with signatures; the newest day first, and in no order within a day."""
    return FeedbackNote.objects.filter(shown_from__lte=local_day(now)).select_related("signature__member")


def without_answer(*, now: datetime) -> QuerySet[FeedbackNote]:
    """What waits for a moderator."""
    return shown(now=now).filter(state=FeedbackState.NEW, hidden_because="")


def written_by(member: Member) -> QuerySet[FeedbackNote]:
    """The notes that the member signed."""
    return FeedbackNote.objects.filter(signature__member=member)


def answer(*, note_id: int, by: Member, state: str, seen: str, text: str, now: datetime) -> FeedbackAnswer:
    """Answer in public and move the note from the state that the moderator saw to `state`.

    Raises MayNotAnswer, NoSuchNote, UnknownAnswer, AnsweredMeanwhile, BadWording.
    """
    _require_moderator(by)
    text = wording.paragraphs(text, field="text")
    if seen not in FEEDBACK_STATES.open or state not in FEEDBACK_STATES.moves[FeedbackState(seen)]:
        raise UnknownAnswer
    with transaction.atomic():
        note = _shown_row(note_id, now)
        if not FEEDBACK_STATES.move(note, FeedbackState(state), only_from={FeedbackState(seen)}):
            raise AnsweredMeanwhile
        given = FeedbackAnswer.objects.create(note=note, state=state, text=text, author=by, given_at=now)
        _record("feedback.answered", note, by, now)
    return given


def hide(*, note_id: int, by: Member, reason: str, now: datetime) -> None:
    """Hide the text of a note that hurts somebody; the reason stands in its place. The writer still reads it by code.

    Raises MayNotAnswer, NoSuchNote, BadWording.
    """
    _require_moderator(by)
    reason = wording.line(reason, field="reason", limit=REASON_LENGTH)
    with transaction.atomic():
        note = _shown_row(note_id, now)
        if FeedbackNote.objects.filter(pk=note.pk, hidden_because="").update(hidden_because=reason):
            _record("feedback.hidden", note, by, now)


def show_again(*, note_id: int, by: Member, now: datetime) -> None:
    """Raises MayNotAnswer, NoSuchNote."""
    _require_moderator(by)
    with transaction.atomic():
        note = _shown_row(note_id, now)
        if FeedbackNote.objects.filter(pk=note.pk).exclude(hidden_because="").update(hidden_because=""):
            _record("feedback.shown", note, by, now)


def local_day(now: datetime) -> date:
    """The day at the community's place."""
    return timezone.localtime(now, timezone.get_default_timezone()).date()


def _taken_up() -> list[FeedbackNote]:
    """Take the unsigned notes without an answer out of the table, to lay them down again in the same transaction."""
    waiting = FeedbackNote.objects.filter(state=FeedbackState.NEW, hidden_because="", signature=None)
    # Two steps, because PostgreSQL locks no row on the outer side of a join.
    keys = list(waiting.values_list("pk", flat=True))
    notes = list(
        FeedbackNote.objects.select_for_update().filter(pk__in=keys, state=FeedbackState.NEW, hidden_because="")
    )
    FeedbackNote.objects.filter(pk__in=[note.pk for note in notes]).delete()
    return notes


def _lay_down(notes: list[FeedbackNote]) -> None:
    secrets.SystemRandom().shuffle(notes)
    for note in notes:
        note.save(force_insert=True)
    # The write-ahead log keeps transactions in their order until it is emptied.
    transaction.on_commit(wipe_deleted_text)


def _free_key() -> int:
    for _try in range(_MOST_TRIES):
        key = random_key()
        if not FeedbackNote.objects.filter(pk=key).exists():
            return key
    raise RuntimeError("no free key was found")


def _shown_row(note_id: int, now: datetime) -> FeedbackNote:
    note = FeedbackNote.objects.select_for_update().filter(pk=note_id, shown_from__lte=local_day(now)).first()
    if note is None:
        raise NoSuchNote
    return note


def _require_moderator(member: Member) -> None:
    if not member.may(Permission.MODERATE):
        raise MayNotAnswer


def _record(kind: str, note: FeedbackNote, by: Member, now: datetime) -> None:
    audit.record(kind=kind, actor=by, subject=f"feedback:{note.pk}", facts={"note": note.pk}, now=now)
