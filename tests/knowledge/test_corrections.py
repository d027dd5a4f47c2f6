"""Members say what they think of an answer, change it until a teacher looked, and take it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from consent.access import NotFound, handed_in, handed_in_row, own_row
from consent.models import PersonalKey
from governance.models import AuditEntry, Member
from knowledge.content import InvalidContent
from knowledge.models import Correction, CorrectionState, ImportBatch, Matter, OpenQuestion, Verdict
from knowledge.services import corrections, open_questions, reviews
from knowledge.services.corrections import (
    ANSWER_LENGTH,
    COMMENT_LENGTH,
    AlreadyReviewed,
    ChangedElsewhere,
    TooManyWaiting,
)
from tests.knowledge.conftest import JUNE
from tests.knowledge.teaching import ANSWER, BETTER, QUESTION, answered, ask, said, teach

pytestmark = pytest.mark.django_db


def test_what_is_taught_is_sealed_and_waits(reader: Member) -> None:
    row = own_row(Correction, member=reader, pk=teach(reader, comment="My aunt says so.").pk)
    assert (row.question, row.answer, row.better, row.comment) == (QUESTION, ANSWER, BETTER, "My aunt says so.")
    assert (row.state, row.verdict, row.matter, row.behaviour) == ("submitted", "not_quite", "fact", 3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM knowledge_correction")
        raw = b" ".join(bytes(v) for v in cursor.fetchone() if isinstance(v, bytes | memoryview))
    for text in (QUESTION, ANSWER, BETTER, "My aunt"):
        assert text.encode() not in raw
    assert not AuditEntry.objects.filter(kind__startswith="correction.").exists()


def test_right_needs_no_better_answer_and_keeps_none(reader: Member) -> None:
    row = teach(reader, verdict=Verdict.RIGHT, matter=Matter.FACT, better="ignored")
    assert (row.verdict, row.matter, row.better) == ("right", "", "")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"matter": ""}, "matter"),
        ({"matter": "colour"}, "matter"),
        ({"better": ""}, "better"),
        ({"better": " \n\u200b".replace("\u200b", "")}, "better"),
        ({"better": "x" * (ANSWER_LENGTH + 1)}, "better"),
        ({"comment": "x" * (COMMENT_LENGTH + 1)}, "comment"),
    ],
)
def test_what_is_missing_or_too_long_is_refused(changes: dict[str, Any], field: str, reader: Member) -> None:
    with pytest.raises(InvalidContent) as refused:
        teach(reader, None, **changes)
    assert refused.value.field == field
    assert not own_rows(reader)


def own_rows(member: Member) -> list[Correction]:
    return list(corrections.taught_by(member))


def test_it_can_be_changed_until_a_teacher_looked(reader: Member, teacher: Member) -> None:
    about = answered()
    first = teach(reader, about)
    second = teach(reader, about, better="In November.", number=first.number)
    assert second.pk == first.pk
    assert second.number == 2
    assert [row.better for row in own_rows(reader)] == ["In November."]
    # The same sent twice is one; another page that saw the first wording is told.
    assert teach(reader, about, better="In November.", number=1).number == 2
    with pytest.raises(ChangedElsewhere):
        teach(reader, about, better="In December.", number=1)
    reviews.decline(reviewer=teacher, correction_id=first.pk, number=2, reason="No.", now=JUNE)
    with pytest.raises(AlreadyReviewed):
        teach(reader, about, better="In December.", number=2)
    assert [row.better for row in own_rows(reader)] == ["In November."]


def test_taken_back_its_texts_are_gone_and_it_can_be_taught_anew(reader: Member, teacher: Member) -> None:
    about = answered()
    first = teach(reader, about, comment="x")
    corrections.withdraw(member=reader, correction_id=first.pk, now=JUNE)
    row = own_row(Correction, member=reader, pk=first.pk)
    assert {row.question, row.answer, row.better, row.comment, row.reason, row.accepted} == {""}
    assert own_rows(reader) == []
    assert list(reviews.queue(reviewer=teacher)) == []
    corrections.withdraw(member=reader, correction_id=first.pk, now=JUNE)
    again = teach(reader, about, better="In November.", now=JUNE + timedelta(days=1))
    assert again.pk == first.pk
    assert (again.state, again.better, again.question) == ("submitted", "In November.", QUESTION)
    assert [row.pk for row in reviews.queue(reviewer=teacher)] == [first.pk]


@pytest.mark.parametrize("decided", ["declined", "example", "proposal"])
def test_it_can_be_taken_back_whatever_became_of_it(decided: str, reader: Member, teacher: Member) -> None:
    row = teach(reader, may_train=True)
    arguments: dict[str, Any] = {"reviewer": teacher, "correction_id": row.pk, "number": 1, "now": JUNE}
    match decided:
        case "declined":
            reviews.decline(**arguments, reason="No.")
        case "example":
            reviews.accept_as_example(**arguments, text="So.")
        case _:
            reviews.take_as_matter(**arguments)
    corrections.withdraw(member=reader, correction_id=row.pk, now=JUNE)
    kept = own_row(Correction, member=reader, pk=row.pk)
    assert (kept.state, kept.accepted, kept.reason, kept.better) == ("withdrawn", "", "", "")
    with pytest.raises(NotFound):
        handed_in_row(Correction, reviewer=teacher, pk=row.pk)


def test_one_row_for_each_member_and_answer(reader: Member, author: Member) -> None:
    about = answered()
    teach(reader, about)
    teach(author, about)
    assert corrections.about_answers(member=reader, answer_ids=[about.answer_id, uuid4()]).keys() == {about.answer_id}
    assert corrections.about_answers(member=reader, answer_ids=[]) == {}
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.create(
            member=reader, answer_id=about.answer_id, behaviour=1, verdict="right", with_name=False, may_train=False,
            submitted_at=JUNE,
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.create(
            member=reader, answer_id=uuid4(), behaviour=1, verdict="not_quite", with_name=False, may_train=False,
            submitted_at=JUNE,
        )  # fmt: skip


def test_too_many_wait(reader: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "MOST_WAITING", 2)
    teach(reader)
    about = answered()
    teach(reader, about)
    with pytest.raises(TooManyWaiting):
        teach(reader)
    teach(reader, about, better="Changing is possible.", number=1)


def test_another_member_reaches_nothing_of_it(reader: Member, author: Member, teacher: Member) -> None:
    row = teach(reader)
    for member in (author, teacher):
        with pytest.raises(NotFound):
            corrections.withdraw(member=member, correction_id=row.pk, now=JUNE)
        assert own_rows(member) == []


# --- The door for those who review --------------------------------------------------------------------------------


def test_the_door_shows_what_is_handed_in_to_those_who_review(reader: Member, author: Member, teacher: Member) -> None:
    waiting, declined, gone = teach(reader), teach(reader), teach(reader)
    reviews.decline(reviewer=teacher, correction_id=declined.pk, number=1, reason="No.", now=JUNE)
    corrections.withdraw(member=reader, correction_id=gone.pk, now=JUNE)
    asked, taken_back = ask(reader), ask(reader, "And the llamas?")
    open_questions.withdraw(member=reader, question_id=taken_back.pk, now=JUNE)
    assert {row.pk for row in handed_in(Correction, reviewer=teacher)} == {waiting.pk}
    assert {row.pk for row in handed_in(OpenQuestion, reviewer=teacher)} == {asked.pk}
    for member in (reader, author):
        assert not handed_in(Correction, reviewer=member).exists()
        assert not handed_in(OpenQuestion, reviewer=member).exists()
        with pytest.raises(NotFound):
            handed_in_row(Correction, reviewer=member, pk=waiting.pk)
    for pk in (declined.pk, gone.pk, uuid4(), "no key"):
        with pytest.raises(NotFound):
            handed_in_row(Correction, reviewer=teacher, pk=pk)
    teacher.is_active = False
    assert not handed_in(Correction, reviewer=teacher).exists()


def test_tables_that_nobody_reviews_are_never_handed_in(teacher: Member) -> None:
    with pytest.raises(TypeError):
        handed_in(ImportBatch, reviewer=teacher)


def test_without_a_name_a_teacher_gets_none(reader: Member, teacher: Member) -> None:
    hidden, shown = teach(reader), teach(reader, with_name=True)
    assert reviews.load(reviewer=teacher, pk=hidden.pk).name == ""
    assert reviews.load(reviewer=teacher, pk=shown.pk).name == "reader"
    assert "reader" not in repr(reviews.load(reviewer=teacher, pk=hidden.pk))


def test_what_does_not_open_any_more_is_left_out(reader: Member, author: Member, teacher: Member) -> None:
    """The member's key was destroyed by erasure."""
    from consent.services.personal_keys import forget_remembered_keys

    lost, kept = teach(reader), teach(author)
    asked, other = ask(reader), ask(author)
    PersonalKey.objects.filter(member=reader).delete()
    forget_remembered_keys()
    seen = list(reviews.opened(reviews.queue(reviewer=teacher), reviewer=teacher))
    assert [item.correction_id for item in seen] == [kept.pk]
    questions = list(open_questions.opened(open_questions.queue(teacher=teacher), teacher=teacher))
    assert [item.question_id for item in questions] == [other.pk]
    with pytest.raises(NotFound):
        reviews.load(reviewer=teacher, pk=lost.pk)
    with pytest.raises(NotFound):
        open_questions.load(teacher=teacher, pk=asked.pk)


def test_a_state_that_is_decided_is_read_once(reader: Member, teacher: Member) -> None:
    row = teach(reader)
    assert not corrections.unread(reader).exists()
    reviews.decline(reviewer=teacher, correction_id=row.pk, number=1, reason="No.", now=JUNE)
    assert corrections.unread(reader).count() == 1
    corrections.mark_read(member=reader, now=JUNE)
    assert not corrections.unread(reader).exists()
    assert own_rows(reader)[0].state == CorrectionState.DECLINED
    assert said().verdict is Verdict.NOT_QUITE
