"""The community's question set: what its AI should be able to answer, and what it should admit not to know.

Those who review what is taught keep it. Sample questions, by which proposals are looked at, are something else
(`inference.services.samples`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.access import consenting
from consent.purposes import Purpose
from governance.models import Member
from governance.permissions import Permission
from governance.refusals import Refused
from governance.services import audit
from knowledge import access, titles
from knowledge.content import InvalidContent, line
from knowledge.languages import InvalidLanguage, normalised
from knowledge.models import Entry, SetQuestion
from knowledge.models.set_question import ANSWER_LENGTH, MAX_ANSWERS, QUESTION_LENGTH, SetQuestionQuerySet
from knowledge.question_split import digest
from knowledge.rules_of_use import Use
from knowledge.services.entry_refusals import NoSuchEntry

MAX_QUESTIONS = 2_000


class MayNotKeepSet(Refused):
    def __init__(self) -> None:
        super().__init__(_("Only members who review what is taught keep the question set."))


class NoSuchQuestion(Refused):
    def __init__(self) -> None:
        super().__init__(_("This question is not in the set any more."))


class Doubled(InvalidContent):
    def __init__(self) -> None:
        super().__init__(_("This question is in the set already."), field="text")


class SetFull(Refused):
    def __init__(self) -> None:
        super().__init__(_("The set is full. Please remove a question first."))


def add(
    *,
    by: Member,
    text: str,
    answers: Sequence[str],
    language: str,
    now: datetime,
    wrong: Sequence[str] = (),
    entry_id: UUID | None = None,
) -> SetQuestion:
    """Add a question with its accepted answers; without any, it is one to which there is no note.

    Raises MayNotKeepSet, SetFull, NoSuchEntry, and InvalidContent (Doubled among them) with the field at fault.
    """
    if not by.may(Permission.TEACH):
        raise MayNotKeepSet
    question = line(text, "text", most=QUESTION_LENGTH)
    if not titles.key(question):
        raise InvalidContent(_("Please write the question."), field="text")
    row = SetQuestion(
        text=question,
        digest=digest(question),
        language=_language(language),
        answers=_lines(answers, "answers"),
        wrong=_lines(wrong, "wrong"),
        added_by=by,
        added_at=now,
    )
    try:
        with transaction.atomic():
            if SetQuestion.objects.in_use().count() >= MAX_QUESTIONS:
                raise SetFull
            if entry_id is not None:
                row.entry = access.visible(Entry, member=by, now=now).filter(pk=entry_id).first()
                if row.entry is None:
                    raise NoSuchEntry
            row.save(force_insert=True)
            _record("question_set.added", row, by, now)
    except IntegrityError:
        if SetQuestion.objects.in_use().filter(digest=row.digest).exists():
            raise Doubled from None
        raise
    return row


def remove(*, by: Member, question_id: int, now: datetime) -> None:
    """Take a question out of the set; what was measured with it stays. Raises MayNotKeepSet, NoSuchQuestion."""
    if not by.may(Permission.TEACH):
        raise MayNotKeepSet
    with transaction.atomic():
        row = shown(member=by, now=now).filter(pk=question_id).first()
        if row is None or not SetQuestion.objects.in_use().filter(pk=row.pk).update(ended_at=now):
            raise NoSuchQuestion
        _record("question_set.removed", row, by, now)


def shown(*, member: Member, now: datetime) -> SetQuestionQuerySet:
    """The questions in use that the member may see: those about an entry only with the entry."""
    return _about(SetQuestion.objects.in_use(), member=member, use=Use.SEE, now=now)


def askable(*, member: Member, now: datetime) -> SetQuestionQuerySet:
    """Those that can be answered to this member: the AI may quote the entry to them today.

    Without those of members who do not agree that the AI is tested with their questions.
    """
    rows = SetQuestion.objects.in_use().filter(Q(added_by=None) | Q(added_by__in=consenting(Purpose.EVALUATION)))
    return _about(rows, member=member, use=Use.QUOTE, now=now)


def _about(rows: SetQuestionQuerySet, *, member: Member, use: Use, now: datetime) -> SetQuestionQuerySet:
    if not member.is_active:
        return rows.none()
    return rows.filter(Q(entry=None) | access.condition("entry__", member=member, use=use, now=now))


def _lines(texts: Sequence[str], field: str) -> list[str]:
    found: dict[str, str] = {}
    for text in texts:
        written = line(text, field, most=ANSWER_LENGTH)
        if key := titles.key(written):
            found.setdefault(key, written)
    if len(found) > MAX_ANSWERS:
        raise InvalidContent(_("At most %(most)s answers fit on one question.") % {"most": MAX_ANSWERS}, field=field)
    return list(found.values())


def _language(code: str) -> str:
    try:
        return normalised(code)
    except InvalidLanguage:
        raise InvalidContent(_("This is no code of a language, such as qu or x-velari."), field="language") from None


def _record(kind: str, row: SetQuestion, by: Member, now: datetime) -> None:
    audit.record(kind=kind, actor=by, subject="question-set", facts={"question": row.pk}, now=now)
