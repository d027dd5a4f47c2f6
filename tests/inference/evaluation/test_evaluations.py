"""Measuring through the real services: what is asked, for whom, and what is kept."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from governance.models import Member
from inference.evaluation.figures import Count
from inference.evaluation.scoring import Outcome
from inference.models import Answer, Conversation, EvaluationOutcome, EvaluationRun, Message, ModelFile
from inference.services import behaviour, evaluations
from inference.services.evaluations import Measured, NobodyAsks, NothingToAsk
from knowledge.models import Entry, SetQuestion
from knowledge.question_split import Part
from knowledge.services import entries, question_set
from tests.inference.evaluation.conftest import KNOWN, UNKNOWN, Reciting, silent
from tests.knowledge.conftest import JUNE, add

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_model")]


def measured(member: Member, ask: Any = silent, *, without_too: bool = False, **more: Any) -> dict[str, Measured]:
    questions = evaluations.questions_for(
        member=member, now=JUNE, held_out=more.pop("held_out", False), limit=more.pop("limit", None)
    )
    evaluations.prepare()
    rows = evaluations.measure(questions=questions, member=member, ask=ask, without_too=without_too, now=JUNE)
    return {row.question.text: row for row in rows}


def test_a_small_model_is_measured_by_what_the_notes_say(reader: Member, village: dict[str, Entry]) -> None:
    found = measured(reader)
    assert set(found) == {text for text, *_ in KNOWN} | set(UNKNOWN)
    for text, *_rest in KNOWN:
        assert found[text].asked.with_knowledge is Outcome.RIGHT, found[text].text
        assert found[text].asked.held
        assert found[text].asked.answerable
    for text in UNKNOWN:
        assert found[text].asked.with_knowledge is Outcome.NO_NOTE
        assert not found[text].asked.answerable
    assert "Pia Lund" in found["Who conducts the choir?"].text


def test_a_larger_model_is_asked_with_what_it_reads(reader: Member, village: dict[str, Entry]) -> None:
    ModelFile.objects.update(parameters=3_000_000_000)
    ask = Reciting("It is Pia Lund.")
    found = measured(reader, ask)
    assert found["Who conducts the choir?"].asked.with_knowledge is Outcome.RIGHT
    assert found["How many hives are there?"].asked.with_knowledge is Outcome.WRONG
    (request,) = [each for each in ask.asked if each.turns[0].content == "Who conducts the choir?"]
    assert request.passages[0].title == "The choir"
    assert (request.member, request.conversation) == (evaluations.READER, None)
    assert request.behaviour == behaviour.in_force().sha256
    # What has no note is answered by the model too, after it was said: the outcome is how it was answered.
    assert found[UNKNOWN[0]].asked.with_knowledge is Outcome.NO_NOTE


def test_without_knowledge_only_what_has_an_answer_is_asked(reader: Member, village: dict[str, Entry]) -> None:
    ask = Reciting("Perhaps thirty-one.")
    found = measured(reader, ask, without_too=True)
    assert found["How many hives are there?"].asked.without is Outcome.RIGHT
    assert found["Who conducts the choir?"].asked.without is Outcome.WRONG
    assert found[UNKNOWN[0]].asked.without is None
    assert len(ask.asked) == len(KNOWN)
    assert all(not request.passages for request in ask.asked)


def test_a_model_that_is_away_fails_its_questions_alone(reader: Member, village: dict[str, Entry]) -> None:
    found = measured(reader, silent, without_too=True)
    assert {row.asked.without for row in found.values()} == {Outcome.FAILED, None}
    assert found["Who conducts the choir?"].asked.with_knowledge is Outcome.RIGHT


def test_what_a_label_hides_is_not_asked(reader: Member, teacher: Member, village: dict[str, Entry]) -> None:
    hidden = add(teacher, "The alarm", "The alarm's code is changed by Oskar Brill.", labels=["teachers"])
    question_set.add(
        by=teacher, text="Who changes the code?", answers=["Oskar Brill"], language="en", entry_id=hidden.pk, now=JUNE
    )
    assert "Who changes the code?" not in measured(reader)
    assert measured(teacher)["Who changes the code?"].asked.with_knowledge is Outcome.RIGHT


def test_held_is_what_a_note_really_holds(reader: Member, author: Member, teacher: Member, labels: None) -> None:
    entry = add(author, "The pond", "Swimming is allowed from June on.")
    question_set.add(
        by=teacher, text="How deep is the pond?", answers=["two metres"], language="en", entry_id=entry.pk, now=JUNE
    )
    (row,) = measured(reader).values()
    assert (row.asked.answerable, row.asked.held) == (True, False)


def test_only_some_and_only_the_held_out(reader: Member, village: dict[str, Entry]) -> None:
    some = measured(reader, limit=3)
    assert len(some) == 3
    assert list(measured(reader, limit=2)) == list(some)[:2]
    held_out = {row.text for row in SetQuestion.objects.all() if row.held_out}
    assert held_out
    assert set(measured(reader, held_out=True)) == held_out


def test_nothing_to_ask(reader: Member) -> None:
    with pytest.raises(NothingToAsk):
        evaluations.questions_for(member=reader, now=JUNE, held_out=False, limit=None)


def test_it_is_asked_for_a_member_without_roles(reader: Member, author: Member, village: dict[str, Entry]) -> None:
    """Of those, for who wrote the fewest entries: authors see more."""
    assert evaluations.plain_member() == reader


def test_nobody_can_stand_for_all(teacher: Member) -> None:
    with pytest.raises(NobodyAsks):
        evaluations.plain_member()


def test_what_is_kept(reader: Member, village: dict[str, Entry]) -> None:
    rows = list(measured(reader, Reciting("24"), without_too=True).values())
    run = evaluations.keep(measured=rows, limited=False, began_at=JUNE, now=JUNE)
    run = EvaluationRun.objects.get(pk=run.pk)
    whole = Count(run.held_out.held.right + run.learn.held.right, run.held_out.held.asked + run.learn.held.asked)
    assert whole == Count(len(KNOWN), len(KNOWN))
    assert run.held_out.unknown.asked + run.learn.unknown.asked == len(UNKNOWN)
    assert run.behaviour == behaviour.in_force()
    assert EvaluationOutcome.objects.filter(run=run).count() == len(rows)
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()
    assert not Answer.objects.exists()
    kept = json.dumps(list(EvaluationRun.objects.values()) + list(EvaluationOutcome.objects.values()), default=str)
    assert "Lund" not in kept
    assert "choir" not in kept


def test_a_deleted_entry_takes_its_outcomes_along(reader: Member, author: Member, village: dict[str, Entry]) -> None:
    rows = list(measured(reader).values())
    entries.delete(entry_id=village["The choir"].pk, by=author, now=JUNE)
    run = evaluations.keep(measured=rows, limited=False, began_at=JUNE, now=JUNE)
    assert EvaluationOutcome.objects.count() == len(rows) - 1
    assert run.learn.answerable.asked + run.held_out.answerable.asked == len(KNOWN)
    entries.delete(entry_id=village["Bees"].pk, by=author, now=JUNE)
    assert EvaluationOutcome.objects.count() == len(rows) - 2
    assert EvaluationRun.objects.filter(pk=run.pk).exists()


# --- The command --------------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("evaluate", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_the_command_says_it_in_words_and_in_json(reader: Member, village: dict[str, Entry]) -> None:
    said = run("--only-with-knowledge", "--failures")
    assert "Held out:" in said
    assert "To learn from:" in said
    assert "100 %" in said
    told = json.loads(run("--only-with-knowledge", "--json", "--limit", "3"))
    assert told["limited"] is True
    assert 0 < len(told["questions"]) <= 3
    held_out = {row.text for row in SetQuestion.objects.all() if row.held_out}
    assert not held_out & {row["question"] for row in told["questions"]}
    assert set(told["figures"]) == {part.value for part in Part}
    assert EvaluationRun.objects.count() == 2


def test_failures_are_shown_of_the_part_that_is_learnt_from(
    reader: Member, teacher: Member, village: dict[str, Entry]
) -> None:
    for row in SetQuestion.objects.filter(entry__isnull=False):
        row.answers = ["something else"]
        row.save()
    said = run("--only-with-knowledge", "--failures")
    for row in SetQuestion.objects.filter(entry__isnull=False):
        assert (row.text in said) is not row.held_out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--member", "nobody"], "no member named nobody"),
        (["--limit", "0"], "from 1 on"),
        ([], "The inference worker does not run"),
    ],
)
def test_what_cannot_be_measured_is_said(
    reader: Member, village: dict[str, Entry], arguments: list[str], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        run(*arguments)
    assert not EvaluationRun.objects.exists()


@pytest.mark.parametrize("arguments", [[], ["--member", "reader"]])
def test_an_empty_set_is_said(reader: Member, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="empty"):
        run("--only-with-knowledge", *arguments)
