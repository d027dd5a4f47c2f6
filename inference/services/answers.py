"""The life of an answer, from waiting to its end. Only this module moves `Answer.state`.

A state changes by compare-and-swap; False means that the answer had ended before, or was deleted. The text so far is
written together with the state, so that a row never promises what it does not hold.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from consent.access import NotFound, in_service, own
from inference.doorbell import Ring, ring_on_commit
from inference.engine.protocol import MAX_TURNS, Done, Generate, Turn
from inference.models import ANSWER_STATES, Answer, AnswerState, Message
from inference.services.conversations import branches_of
from inference.services.serving import serving

logger = logging.getLogger(__name__)

# What one request may hold, in characters; the engine cuts it further to what the model can read. A frame to the
# worker holds a megabyte, which is four bytes for each of these characters and room for the rest.
MAX_REQUEST_CHARACTERS = 200_000


@dataclass(frozen=True)
class OpenAnswer:
    """What whoever writes answers must know about one that is not finished."""

    pk: UUID
    message_id: UUID
    conversation_id: UUID
    member_id: int
    state: str
    stop_requested: bool


@dataclass(frozen=True)
class Progress:
    """The text that an answer has now."""

    answer_id: UUID
    message_id: UUID
    member_id: int
    text: str


def stop(*, member: Any, message_id: UUID) -> None:
    """Ask for the answer in this message to be stopped; what it has stays. Harmless when it has ended.

    Raises NotFound.
    """
    answer = own(Answer, member=member).filter(message=message_id).select_related("message").first()
    if answer is None:
        raise NotFound("answer")
    with transaction.atomic():
        own(Answer, member=member).filter(pk=answer.pk, state__in=ANSWER_STATES.open).update(stop_requested=True)
        ring_on_commit(Ring(answer.message.conversation_id, answer.member_id))


def open_answers() -> list[OpenAnswer]:
    """All answers that are not finished, in the order in which they were asked for."""
    rows = (
        in_service(Answer)
        .filter(state__in=ANSWER_STATES.open)
        .order_by("queued_at", "pk")
        .values_list("pk", "message_id", "message__conversation_id", "member_id", "state", "stop_requested")
    )
    return [OpenAnswer(*row) for row in rows]


def request_for(*, answer_id: UUID, now: datetime) -> Generate | None:
    """What to ask the engine for this answer, pinned to the behaviour served at `now`; None if it no longer waits.

    The turns are the branch that leads to the question, from its newest end as far as MAX_REQUEST_CHARACTERS reach.
    Raises Paused while the emergency brake stops the AI, and NoBehaviour.
    """
    answer = (
        in_service(Answer).filter(pk=answer_id, state=AnswerState.QUEUED).select_related("message", "member").first()
    )
    if answer is None:
        return None
    version = serving(now=now)
    if answer.behaviour_id != version.pk:
        in_service(Answer).filter(pk=answer.pk, state=AnswerState.QUEUED).update(behaviour=version)
    conversation_id = answer.message.conversation_id
    path = branches_of(conversation_id=conversation_id, member=answer.member).path(answer.message.parent_id)
    texts = {row.pk: row for row in in_service(Message).filter(pk__in=path[-MAX_TURNS:])}
    return Generate(
        id=str(answer.pk),
        member=str(answer.member_id),
        conversation=str(conversation_id),
        behaviour=version.sha256,
        turns=_turns([texts[key] for key in path[-MAX_TURNS:]]),
    )


def _turns(messages: Sequence[Message]) -> tuple[Turn, ...]:
    """The messages as turns that alternate: what was never answered joins the next question."""
    turns: list[Turn] = []
    room = MAX_REQUEST_CHARACTERS
    for message in reversed(messages):
        text = message.text
        room -= len(text)
        if room < 0 and turns:
            break
        if not text.strip():
            continue
        if message.role == Message.Role.AI:
            turns.append(Turn("assistant", text))
        elif turns and turns[-1].role == "user":
            turns[-1] = Turn("user", f"{text}\n\n{turns[-1].content}")
        else:
            turns.append(Turn("user", text))
    # Some models' templates know only talks that the member began.
    if turns and turns[-1].role == "assistant":
        turns.pop()
    return tuple(reversed(turns))


def record_progress(*, progress: Sequence[Progress]) -> None:
    """Write what each answer has so far, all in one transaction; the first text moves it from waiting to writing."""
    with transaction.atomic():
        for item in progress:
            _keep_text(item, to=AnswerState.WRITING)


def finish(*, progress: Progress, done: Done, now: datetime) -> bool:
    """The engine is done: finished, or stopped by the member."""
    to = AnswerState.STOPPED if done.reason == "cancelled" else AnswerState.DONE
    with transaction.atomic():
        if to == AnswerState.DONE:
            # An answer may end before its first piece was recorded; each state is passed through.
            _keep_text(progress, to=AnswerState.WRITING)
        return _end(
            progress,
            to=to,
            now=now,
            reason=done.reason,
            model_sha256=done.model_sha256,
            prompt_tokens=done.prompt_tokens,
            answer_tokens=done.answer_tokens,
            first_token_ms=done.first_token_ms,
            total_ms=done.total_ms,
            remembered=done.remembered,
        )


def abandon(*, progress: Progress, now: datetime) -> bool:
    """The member stopped it and the engine does not say anything more: it ends with what it has."""
    return _end(progress, to=AnswerState.STOPPED, now=now, reason="cancelled")


def interrupt(*, progress: Progress, reason: str, now: datetime) -> bool:
    """The engine broke off: the answer ends with what it has."""
    return _end(progress, to=AnswerState.INTERRUPTED, now=now, reason=reason)


def fail(*, progress: Progress, reason: str, detail: dict[str, int | str], now: datetime) -> bool:
    """There will be no answer. `reason` is one of `inference.engine.engine.FailureCode`, `detail` holds its figures."""
    return _end(progress, to=AnswerState.FAILED, now=now, reason=reason, detail=detail)


def recover(*, now: datetime) -> int:
    """When the web process starts: what a dead one left half written is interrupted, with what it had.

    What still waits stays as it is and is asked again. Returns how many were interrupted.
    """
    count = 0
    for answer in in_service(Answer).filter(state=AnswerState.WRITING):
        count += ANSWER_STATES.move(answer, AnswerState.INTERRUPTED, reason="node_restarted", finished_at=now)
    if count:
        logger.warning("%d answers were interrupted by the last stop of the node", count)
    return count


def _end(progress: Progress, *, to: AnswerState, now: datetime, **changes: Any) -> bool:
    with transaction.atomic():
        return _keep_text(progress, to=to, finished_at=now, **changes)


def _keep_text(progress: Progress, *, to: AnswerState, **changes: Any) -> bool:
    """Move the answer to `to` (or leave it there) and write the text; False, and nothing written, if it has ended."""
    answer = Answer(pk=progress.answer_id, member_id=progress.member_id)
    if not ANSWER_STATES.move(answer, to, **changes) and not (
        to in ANSWER_STATES.open and in_service(Answer).filter(pk=answer.pk, state=to).exists()
    ):
        return False
    message = Message(pk=progress.message_id, member_id=progress.member_id)
    sealed = Message._meta.get_field("text").seal_for(message, progress.text)
    in_service(Message).filter(pk=message.pk).update(text=sealed)
    return True
