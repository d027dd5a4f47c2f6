"""The life of an answer on the rows: each move, what is refused, and what the engine is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from community_ai.core.clock import now
from consent.access import NotFound, in_service
from governance.models import Member
from inference.answer_words import ending, progress
from inference.behaviour import Behaviour
from inference.engine.engine import FailureCode
from inference.engine.protocol import Done, Turn
from inference.live.live_answer import LiveAnswer, Phase
from inference.models import Answer, AnswerState, BehaviourVersion, Message
from inference.services import answers, questions
from inference.services.serving import for_worker
from tests.inference.chat.conftest import answered, asked, progress_of, state_of
from tests.inference.deciding import decide

DONE = Done("x", "end", 40, 30, 7, 120, 900, "a" * 64)
STOPPED = replace(DONE, reason="cancelled")
Act = Callable[[answers.Progress], object]

ENDINGS: dict[str, tuple[Act, AnswerState]] = {
    "finish": (lambda p: answers.finish(progress=p, done=DONE, now=now()), AnswerState.DONE),
    "stop": (lambda p: answers.finish(progress=p, done=STOPPED, now=now()), AnswerState.STOPPED),
    "abandon": (lambda p: answers.abandon(progress=p, now=now()), AnswerState.STOPPED),
    "interrupt": (lambda p: answers.interrupt(progress=p, reason="worker_gone", now=now()), AnswerState.INTERRUPTED),
    "fail": (lambda p: answers.fail(progress=p, reason="too_long", detail={"limit": 9}, now=now()), AnswerState.FAILED),
}  # fmt: skip


def text_of(message: Message) -> str:
    return in_service(Message).get(pk=message.pk).text


@pytest.mark.parametrize("name", ENDINGS)
@pytest.mark.parametrize("written", ["", "What there was"])
def test_an_answer_ends_once_and_keeps_its_text(owner: Member, name: str, written: str) -> None:
    end, state = ENDINGS[name]
    message = asked(owner, "Hm?")
    if written:
        answers.record_progress(progress=[progress_of(message, written)])
        assert state_of(message.pk) == AnswerState.WRITING
    assert end(progress_of(message, written)) is True
    answer = in_service(Answer).get(message=message)
    assert (answer.state, text_of(message)) == (state, written)
    assert answer.finished_at is not None
    # Whoever comes later changes nothing.
    for other, _state in ENDINGS.values():
        assert other(progress_of(message, "late")) is False
    answers.record_progress(progress=[progress_of(message, "later")])
    assert (state_of(message.pk), text_of(message)) == (state, written)


def test_the_figures_of_an_answer_are_kept(owner: Member) -> None:
    message = asked(owner, "Hm?")
    answers.finish(progress=progress_of(message, "Hm."), done=DONE, now=now())
    answer = in_service(Answer).get(message=message)
    assert (answer.prompt_tokens, answer.answer_tokens, answer.first_token_ms, answer.total_ms) == (40, 7, 120, 900)
    assert answer.model_sha256 == "a" * 64


def test_progress_of_many_is_written_together(owner: Member, outsider: Member) -> None:
    messages = [asked(owner, "One?"), asked(owner, "Two?"), asked(outsider, "Three?")]
    answers.record_progress(progress=[progress_of(m, f"so far {n}") for n, m in enumerate(messages)])
    assert [text_of(m) for m in messages] == ["so far 0", "so far 1", "so far 2"]
    answers.record_progress(progress=[progress_of(m, f"further {n}") for n, m in enumerate(messages)])
    assert [text_of(m) for m in messages] == ["further 0", "further 1", "further 2"]


def test_progress_of_a_deleted_answer_is_dropped(owner: Member) -> None:
    message = asked(owner, "Gone?")
    item = progress_of(message, "text")
    message.conversation.delete()
    answers.record_progress(progress=[item])
    assert answers.finish(progress=item, done=DONE, now=now()) is False


def test_after_a_crash_the_half_written_is_interrupted_and_the_waiting_waits(owner: Member) -> None:
    writing, waiting, done = asked(owner, "One?"), asked(owner, "Two?"), asked(owner, "Three?")
    answers.record_progress(progress=[progress_of(writing, "Half an ans")])
    answered(done, "Whole.")
    assert answers.recover(now=now()) == 1
    assert [state_of(m.pk) for m in (writing, waiting, done)] == ["interrupted", "queued", "done"]
    assert text_of(writing) == "Half an ans"
    assert [row.message_id for row in answers.open_answers()] == [waiting.pk]
    assert answers.recover(now=now()) == 0


def test_only_ones_own_answer_is_stopped(owner: Member, outsider: Member) -> None:
    message = asked(owner, "Hm?")
    with pytest.raises(NotFound):
        answers.stop(member=outsider, message_id=message.pk)
    assert not answers.open_answers()[0].stop_requested
    answers.stop(member=owner, message_id=message.pk)
    assert answers.open_answers()[0].stop_requested


def test_stopping_what_has_ended_changes_nothing(owner: Member) -> None:
    message = answered(asked(owner, "Hm?"), "Hm.")
    answers.stop(member=owner, message_id=message.pk)
    answer = in_service(Answer).get(message=message)
    assert (answer.state, answer.stop_requested) == (AnswerState.DONE, False)


def turns_for(message: Message) -> tuple[Turn, ...]:
    request = answers.request_for(answer_id=in_service(Answer).get(message=message).pk, now=now())
    assert request is not None
    return request.turns


def test_the_engine_gets_the_branch_that_leads_to_the_question(owner: Member) -> None:
    first = answered(asked(owner, "One?"), "First.")
    answered(asked(owner, "Another way on?", after=first), "Not this one.")
    second = answered(asked(owner, "Two?", after=first), "Second.")
    third = asked(owner, "Three?", after=second)
    assert turns_for(third) == (
        Turn("user", "One?"),
        Turn("assistant", "First."),
        Turn("user", "Two?"),
        Turn("assistant", "Second."),
        Turn("user", "Three?"),
    )


def test_what_was_never_answered_joins_the_next_question(owner: Member) -> None:
    first = answered(asked(owner, "My name is Ana."), "", state=AnswerState.INTERRUPTED, reason="worker_gone")
    second = asked(owner, "What is my name?", after=first)
    assert turns_for(second) == (Turn("user", "My name is Ana.\n\nWhat is my name?"),)


def test_a_request_has_bounds(owner: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_REQUEST_CHARACTERS", 30)
    first = answered(asked(owner, "A" * 20), "B" * 20)
    second = asked(owner, "C" * 20, after=first)
    # The oldest turns are left out, and a talk never begins with the AI.
    assert turns_for(second) == (Turn("user", "C" * 20),)


def test_a_question_is_answered_by_the_behaviour_in_force_when_its_turn_comes(
    owner: Member, version: BehaviourVersion
) -> None:
    message = asked(owner, "Hm?")
    newer = replace(Behaviour.from_json(version.content), temperature_milli=100)
    second = decide(owner, "behaviour-sampling", newer, now=now())
    request = answers.request_for(answer_id=in_service(Answer).get(message=message).pk, now=now())
    assert request is not None
    assert request.behaviour == second.sha256
    assert in_service(Answer).get(message=message).behaviour == second
    assert for_worker(second.sha256, preview=False, now=now()) == newer
    assert for_worker(version.sha256, preview=False, now=now()) is None


def test_nothing_is_asked_for_an_answer_that_has_ended(owner: Member) -> None:
    message = answered(asked(owner, "Hm?"), "Hm.")
    assert answers.request_for(answer_id=in_service(Answer).get(message=message).pk, now=now()) is None


def test_a_new_answer_is_asked_for_with_its_own_question_only(owner: Member) -> None:
    first = answered(asked(owner, "One?"), "First.")
    again = questions.ask_again(member=owner, message_id=first.pk, now=now())
    assert turns_for(again) == (Turn("user", "One?"),)


@pytest.mark.parametrize("code", list(FailureCode))
def test_each_failure_has_a_sentence_of_its_own(owner: Member, code: FailureCode) -> None:
    message = answered(asked(owner, "Hm?"), "", state=AnswerState.FAILED, reason=code)
    sentence = ending(in_service(Answer).get(message=message))
    assert sentence.endswith(".")
    if code == FailureCode.MODEL_MISSING:
        assert "manage.py doctor" in sentence


@pytest.mark.parametrize(
    ("state", "reason", "text", "part"),
    [
        (AnswerState.DONE, "end", "Whole.", ""),
        (AnswerState.DONE, "length", "Cut", "longest length"),
        (AnswerState.DONE, "end", "", "nothing to say"),
        (AnswerState.STOPPED, "cancelled", "Half", "You stopped"),
        (AnswerState.INTERRUPTED, "worker_gone", "Half", "What it had written is kept"),
        (AnswerState.INTERRUPTED, "worker_gone", "", "Your question is kept"),
    ],
)
def test_the_page_says_why_an_answer_is_not_whole(
    owner: Member, state: AnswerState, reason: str, text: str, part: str
) -> None:
    message = answered(asked(owner, "Hm?"), text, state=state, reason=reason)
    sentence = ending(in_service(Answer).get(message=message))
    assert part in sentence
    assert bool(part) == bool(sentence)


@pytest.mark.parametrize(
    ("position", "seconds", "sentence"),
    [
        (1, 0.4, "You are next in line."),
        (1, 5, "You are next in line: about 5 seconds."),
        (3, 21, "You are number 3 in line: about 20 seconds."),
        (9, 100, "You are number 9 in line: about 2 minutes."),
    ],
)
def test_the_place_in_line_is_told_in_words(position: int, seconds: float, sentence: str) -> None:
    row = answers.OpenAnswer(*[None] * 6)  # type: ignore[arg-type]
    live = LiveAnswer(row, phase=Phase.WAITING, position=position, estimate_seconds=seconds)
    assert progress(live) == sentence
