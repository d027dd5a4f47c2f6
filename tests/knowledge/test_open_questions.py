"""Questions that the community has no note on: asked, answered with an entry, closed with a reason, taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from consent.access import NotFound, own_row
from governance.models import AuditEntry, Member
from knowledge import access
from knowledge.content import InvalidContent
from knowledge.models import Entry, OpenQuestion, QuestionState
from knowledge.references import reference
from knowledge.services import open_questions
from knowledge.services.entries import NoSuchEntry
from knowledge.services.open_questions import MOST_OPEN, EndedMeanwhile, HiddenFromAsker, TooManyQuestions
from knowledge.services.teachers import MayNotReview
from knowledge.waiting import answers_waiting_for, questions_waiting_for
from tests.governance.test_races import at_once
from tests.knowledge.conftest import JUNE, add
from tests.knowledge.teaching import QUESTION, ask, entry_of

pytestmark = pytest.mark.django_db


def test_a_question_is_sealed_and_waits_for_those_who_teach(reader: Member, author: Member, teacher: Member) -> None:
    row = ask(reader)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM knowledge_openquestion")
        raw = b" ".join(bytes(v) for v in cursor.fetchone() if isinstance(v, bytes | memoryview))
    assert QUESTION.encode() not in raw
    assert [item.url for item in questions_waiting_for(teacher, JUNE)] == ["/knowledge/questions/"]
    for member in (reader, author):
        assert questions_waiting_for(member, JUNE) == []
        with pytest.raises(NotFound):
            open_questions.load(teacher=member, pk=row.pk)
    seen = open_questions.load(teacher=teacher, pk=row.pk)
    assert (seen.text, seen.name) == (QUESTION, "")
    assert open_questions.load(teacher=teacher, pk=ask(author, with_name=True).pk).name == "author"


def test_the_same_question_is_asked_once_and_five_are_the_most(reader: Member, author: Member) -> None:
    first = ask(reader)
    assert ask(reader, "  when do we shear the ALPACAS").pk == first.pk
    for number in range(MOST_OPEN - 1):
        ask(reader, f"Question {number}?")
    with pytest.raises(TooManyQuestions):
        ask(reader, "One more?")
    ask(author, "One more?")
    open_questions.withdraw(member=reader, question_id=first.pk, now=JUNE)
    ask(reader, "One more?")


@pytest.mark.parametrize("text", ["", " \n ", "…?!", "\x00", "x" * 2_001])
def test_what_is_no_question(text: str, reader: Member) -> None:
    with pytest.raises(InvalidContent) as refused:
        ask(reader, text)
    assert refused.value.field == "text"
    assert not open_questions.asked_by(reader).exists()


def test_an_answer_is_an_entry_and_the_member_is_told(reader: Member, teacher: Member) -> None:
    row = ask(reader)
    assert answers_waiting_for(reader, JUNE) == []
    entry = open_questions.answer(teacher=teacher, question_id=row.pk, new=entry_of(), now=JUNE)
    assert entry.author == teacher
    mine = own_row(OpenQuestion, member=reader, pk=row.pk)
    assert (mine.state, mine.entry_id, mine.answered_by) == ("answered", entry.pk, teacher)
    assert [item.url for item in answers_waiting_for(reader, JUNE)] == ["/knowledge/questions/"]
    open_questions.mark_read(member=reader, now=JUNE)
    assert answers_waiting_for(reader, JUNE) == []
    told = AuditEntry.objects.get(kind="question.answered")
    assert told.said["facts"] == {"question": str(row.pk), "entry": reference(entry.pk)}
    with pytest.raises(NotFound):
        open_questions.load(teacher=teacher, pk=row.pk)


def test_an_entry_that_is_there_can_answer_it(reader: Member, author: Member, teacher: Member) -> None:
    entry = add(author, "Shearing")
    hidden = add(author, "Shearing in winter", labels=["seasonal"])
    row = ask(reader)
    with pytest.raises(NoSuchEntry):
        open_questions.answer_with(teacher=teacher, question_id=row.pk, entry_id=hidden.pk, now=JUNE)
    open_questions.answer_with(teacher=teacher, question_id=row.pk, entry_id=entry.pk, now=JUNE)
    assert own_row(OpenQuestion, member=reader, pk=row.pk).entry_id == entry.pk


def test_a_label_that_keeps_the_answer_from_who_asked_by_name(
    reader: Member, author: Member, person: Callable[..., Member]
) -> None:
    elder = person("elder", "elder", "teacher")
    hidden = add(author, "Shearing for teachers", labels=["teachers"])
    named, unnamed = ask(reader, with_name=True), ask(reader, "Another one?")
    with pytest.raises(HiddenFromAsker):
        open_questions.answer_with(teacher=elder, question_id=named.pk, entry_id=hidden.pk, now=JUNE)
    # Of who gives no name, nobody learns in this way which roles they have.
    open_questions.answer_with(teacher=elder, question_id=unnamed.pk, entry_id=hidden.pk, now=JUNE)
    assert not access.visible(Entry, member=reader, now=JUNE).exists()


def test_closed_with_a_reason(reader: Member, teacher: Member) -> None:
    row = ask(reader)
    with pytest.raises(InvalidContent):
        open_questions.close(teacher=teacher, question_id=row.pk, reason=" ", now=JUNE)
    open_questions.close(teacher=teacher, question_id=row.pk, reason="Ask Rosa at the gate.", now=JUNE)
    assert own_row(OpenQuestion, member=reader, pk=row.pk).reason == "Ask Rosa at the gate."


def test_taken_back_its_words_are_gone(reader: Member, teacher: Member) -> None:
    row = ask(reader)
    open_questions.withdraw(member=reader, question_id=row.pk, now=JUNE)
    kept = own_row(OpenQuestion, member=reader, pk=row.pk)
    assert (kept.state, kept.text) == (QuestionState.WITHDRAWN, "")
    assert not open_questions.queue(teacher=teacher).exists()
    with pytest.raises(EndedMeanwhile) as late:
        open_questions.answer(teacher=teacher, question_id=row.pk, new=entry_of(), now=JUNE)
    assert late.value.state is QuestionState.WITHDRAWN
    assert not access.visible(Entry, member=teacher, now=JUNE).exists()
    with pytest.raises(NotFound):
        open_questions.withdraw(member=teacher, question_id=row.pk, now=JUNE)


def test_only_teachers_answer(reader: Member, author: Member) -> None:
    row = ask(reader)
    with pytest.raises(MayNotReview):
        open_questions.answer(teacher=author, question_id=row.pk, new=entry_of(), now=JUNE)
    with pytest.raises(MayNotReview):
        open_questions.close(teacher=author, question_id=row.pk, reason="x", now=JUNE)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_two_teachers_at_once(attempt: int, reader: Member, teacher: Member, person: Callable[..., Member]) -> None:
    row, second = ask(reader), person("second", "teacher")
    results = at_once(
        lambda: open_questions.answer(teacher=teacher, question_id=row.pk, new=entry_of(), now=JUNE),
        lambda: open_questions.answer(teacher=second, question_id=row.pk, new=entry_of(), now=JUNE),
        lambda: open_questions.close(teacher=second, question_id=row.pk, reason="No.", now=JUNE),
    )
    refused = [result for result in results if isinstance(result, Exception)]
    assert [type(problem).__name__ for problem in refused] == ["EndedMeanwhile"] * 2
    kept = own_row(OpenQuestion, member=reader, pk=row.pk)
    assert access.visible(Entry, member=reader, now=JUNE).count() == (kept.state == QuestionState.ANSWERED)


@pytest.mark.django_db(transaction=True)
def test_the_sixth_question_does_not_slip_in_between(reader: Member) -> None:
    calls = [lambda number=number: ask(reader, f"Question {number}?") for number in range(MOST_OPEN + 3)]
    results = at_once(*calls)
    assert [type(r).__name__ for r in results].count("TooManyQuestions") == 3
    assert open_questions.asked_by(reader).count() == MOST_OPEN
