"""The question set: who keeps it, what it holds, and whom its questions are hidden from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from community_ai.core.clock import clock_at
from governance.models import AuditEntry, Member
from governance.services.audit_verification import verify
from knowledge.content import InvalidContent
from knowledge.models import SetQuestion
from knowledge.question_split import Part, part_of
from knowledge.services import entries, question_set
from knowledge.services.entry_refusals import NoSuchEntry
from knowledge.services.question_set import Doubled, MayNotKeepSet, NoSuchQuestion, SetFull
from tests.governance.page import assert_sound
from tests.governance.test_hostile_input import HOSTILE
from tests.knowledge.conftest import JUNE
from tests.knowledge.conftest import add as add_entry
from tests.knowledge.pages import browser, form_of, links_of, text_of

pytestmark = pytest.mark.django_db
QUESTION = "How many blades does the wheel have?"


@pytest.fixture(autouse=True)
def _in_june() -> Iterator[None]:
    with clock_at(JUNE):
        yield


def add(by: Member, text: str = QUESTION, answers: tuple[str, ...] = ("24",), **more: Any) -> SetQuestion:
    return question_set.add(by=by, text=text, answers=answers, language="en", now=JUNE, **more)


# --- The service --------------------------------------------------------------------------------------------------


def test_a_question_with_its_answers(teacher: Member) -> None:
    entry = add_entry(teacher, "The mill", "The wheel has twenty-four blades.")
    row = add(teacher, f"  {QUESTION}\n", ("twenty-four", " 24 ", "24.", ""), wrong=("12",), entry_id=entry.pk)
    row.refresh_from_db()
    assert (row.text, row.answers, row.wrong) == (QUESTION, ["twenty-four", "24"], ["12"])
    assert (row.entry, row.added_by, row.unanswerable) == (entry, teacher, False)
    assert row.part is part_of(QUESTION)
    assert row.held_out is (row.part is Part.HOLD_OUT)
    told = AuditEntry.objects.get(kind="question_set.added")
    assert QUESTION not in told.leaf
    assert verify().holds


def test_one_to_which_there_is_no_note(teacher: Member) -> None:
    assert add(teacher, answers=()).unanswerable


@pytest.mark.parametrize(
    ("faulty", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "?!"}, "text"),
        ({"text": "a" * 501}, "text"),
        ({"answers": ("a" * 201,)}, "answers"),
        ({"answers": tuple(map(str, range(21)))}, "answers"),
        ({"wrong": ("a" * 201,)}, "wrong"),
    ],
)
def test_what_cannot_stand_there(teacher: Member, faulty: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidContent) as refused:
        add(teacher, **faulty)
    assert refused.value.field == field
    assert not SetQuestion.objects.exists()


def test_no_code_of_a_language(teacher: Member) -> None:
    with pytest.raises(InvalidContent) as refused:
        question_set.add(by=teacher, text=QUESTION, answers=(), language="not a code", now=JUNE)
    assert refused.value.field == "language"


def test_the_same_question_stands_once(teacher: Member) -> None:
    first = add(teacher)
    with pytest.raises(Doubled):
        add(teacher, QUESTION.upper(), ("other",))
    question_set.remove(by=teacher, question_id=first.pk, now=JUNE)
    assert add(teacher).pk != first.pk


def test_only_teachers_keep_it(reader: Member, teacher: Member) -> None:
    row = add(teacher)
    with pytest.raises(MayNotKeepSet):
        add(reader, "Another one?")
    with pytest.raises(MayNotKeepSet):
        question_set.remove(by=reader, question_id=row.pk, now=JUNE)
    assert SetQuestion.objects.in_use().count() == 1


def test_what_is_taken_out_stays_for_what_was_measured(teacher: Member) -> None:
    row = add(teacher)
    question_set.remove(by=teacher, question_id=row.pk, now=JUNE)
    row.refresh_from_db()
    assert row.ended_at == JUNE
    assert not question_set.shown(member=teacher, now=JUNE).exists()
    with pytest.raises(NoSuchQuestion):
        question_set.remove(by=teacher, question_id=row.pk, now=JUNE)
    assert AuditEntry.objects.filter(kind="question_set.removed").count() == 1


def test_it_has_an_end(teacher: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question_set, "MAX_QUESTIONS", 1)
    add(teacher)
    with pytest.raises(SetFull):
        add(teacher, "Another one?")


def test_who_may_not_see_the_entry_does_not_see_the_question(
    reader: Member, teacher: Member, person: Callable[..., Member]
) -> None:
    other = person("other", "member", "teacher")
    hidden = add_entry(teacher, "For teachers", "The key hangs in the dairy.", labels=["teachers"])
    silent = add_entry(teacher, "Not by the AI", "Ask Rosa.", labels=["not-by-ai"])
    add(teacher, "Where does the key hang?", entry_id=hidden.pk)
    add(teacher, "Whom do I ask?", entry_id=silent.pk)
    add(teacher, "Anything?", ())

    def texts(member: Member, which: Callable[..., Any]) -> set[str]:
        return {row.text for row in which(member=member, now=JUNE)}

    assert texts(reader, question_set.shown) == {"Whom do I ask?", "Anything?"}
    assert texts(other, question_set.shown) == {"Where does the key hang?", "Whom do I ask?", "Anything?"}
    assert texts(reader, question_set.askable) == {"Anything?"}
    assert texts(other, question_set.askable) == {"Where does the key hang?", "Anything?"}
    with pytest.raises(NoSuchEntry):
        add(teacher, "What is there?", entry_id=uuid4())


def test_it_goes_with_its_entry(teacher: Member) -> None:
    entry = add_entry(teacher, "The mill", "The wheel has twenty-four blades.")
    add(teacher, entry_id=entry.pk)
    entries.delete(entry_id=entry.pk, by=teacher, now=JUNE)
    assert not SetQuestion.objects.exists()


# --- Its pages ----------------------------------------------------------------------------------------------------

LIST, ADD = "knowledge:question_set", "knowledge:question_set_add"


def test_everybody_reads_it_and_teachers_change_it(reader: Member, teacher: Member) -> None:
    row = add(teacher)
    add(teacher, "Who is the mayor?", ())
    shown = browser(reader).get(reverse(LIST))
    assert_sound(shown)
    assert QUESTION in text_of(shown)
    assert "We have no note on that" in text_of(shown)
    assert reverse(ADD) not in links_of(shown)
    assert "Take it out" not in text_of(shown)
    teachers = browser(teacher)
    assert reverse(ADD) in links_of(teachers.get(reverse(LIST)))
    answer = teachers.post(reverse("knowledge:question_set_remove", args=[row.pk]), follow=True)
    assert_sound(answer)
    assert QUESTION not in text_of(answer)
    again = teachers.post(reverse("knowledge:question_set_remove", args=[row.pk]))
    assert again.status_code == 409
    assert "not in the set any more" in text_of(again)


def test_from_the_page_of_a_note_to_a_question_about_it(teacher: Member) -> None:
    entry = add_entry(teacher, "The mill", "The wheel has twenty-four blades.")
    teachers = browser(teacher)
    way = f"{reverse(ADD)}?entry={entry.pk}"
    assert way in links_of(teachers.get(reverse("knowledge:entry", args=[entry.pk])))
    page = teachers.get(way)
    assert_sound(page)
    assert "The mill" in text_of(page)
    sent = {**form_of(page, with_field="text"), "text": QUESTION, "answers": "twenty-four\r\n24\r\n"}
    assert sent["known"] == "note"
    assert teachers.post(reverse(ADD), sent).status_code == 302
    row = SetQuestion.objects.get()
    assert (row.answers, row.entry, row.language) == (["twenty-four", "24"], entry, "en")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"answers": ""}, "at least one answer"),
        ({"known": "no_note"}, "no accepted answers"),
        ({"known": ""}, "choose what the right answer is"),
        ({"text": ""}, "write something"),
        ({"text": "a" * 501}, "500"),
        ({"language": "xx-none"}, "xx-none"),
        ({"answers": "a" * 201}, "200"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_lost(teacher: Member, changed: dict[str, str], said: str) -> None:
    sent = {"text": QUESTION, "known": "note", "answers": "24", "wrong": "12", "language": "en", "entry": "", **changed}
    page = browser(teacher).post(reverse(ADD), sent)
    assert page.status_code == 422
    assert_sound(page)
    assert said in text_of(page)
    shown = form_of(page, with_field="text")
    assert (shown["text"], shown["answers"], shown["wrong"]) == (sent["text"], sent["answers"], sent["wrong"])
    assert not SetQuestion.objects.exists()


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_is_taken_or_refused_with_a_sentence(teacher: Member, text: str) -> None:
    sent = {"text": text, "known": "note", "answers": text, "wrong": text, "language": "en", "entry": text}
    page = browser(teacher).post(reverse(ADD), sent)
    assert page.status_code in (302, 422)
    assert browser(teacher).get(f"{reverse(ADD)}?entry={uuid4()}").status_code == 200
