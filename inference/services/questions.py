"""Asking: a new question, the same question again, or an edited one. Each adds to the tree, nothing is overwritten."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from consent.access import NotFound, own, own_row
from inference.doorbell import Ring, ring_on_commit
from inference.models import ANSWER_STATES, Answer, AnswerState, Conversation, Message
from inference.question_text import NobodyToAnswer, StillWriting, TooManyOpen, clean_question, title_of
from inference.services import behaviour

MAX_OPEN_ANSWERS = 3


def ask(
    *, member: Any, conversation_id: UUID | None, after_id: UUID | None, text: str, key: UUID | None, now: datetime
) -> Message:
    """Ask a question; returns the AI's message that will hold the answer.

    Without a conversation a new one begins. `after_id` is the AI's message that the member asks under (None: the first
    question). A `key` that was used before asks nothing and returns what was asked then.
    Raises QuestionRefused with a sentence, NotFound.
    """
    if known := _asked_with(member, key):
        return known
    question = clean_question(text)
    try:
        with transaction.atomic():
            _check_room(member)
            parent = None
            if conversation_id is None:
                conversation = Conversation.objects.create(
                    member=member, title=title_of(question), began_at=now, active_at=now
                )
            elif after_id is None:
                conversation = own_row(Conversation, member=member, pk=conversation_id)
            else:
                parent = _parent(member, conversation_id=conversation_id, message_id=after_id)
                conversation = parent.conversation
            return _add(conversation, parent=parent, question=question, key=key, now=now)
    except IntegrityError:
        # The same form arrived twice at once, and the other one was first.
        if known := _asked_with(member, key):
            return known
        raise


def edit(*, member: Any, message_id: UUID, text: str, key: UUID | None, now: datetime) -> Message:
    """Ask an edited question beside the old one, which stays; returns the AI's message to come.

    Raises QuestionRefused, NotFound.
    """
    if known := _asked_with(member, key):
        return known
    question = clean_question(text)
    try:
        with transaction.atomic():
            old = own_row(Message, member=member, pk=message_id)
            if old.role != Message.Role.MEMBER:
                raise NotFound("question")
            _check_room(member)
            return _add(old.conversation, parent=old.parent, question=question, key=key, now=now)
    except IntegrityError:
        if known := _asked_with(member, key):
            return known
        raise


def ask_again(*, member: Any, message_id: UUID, now: datetime) -> Message:
    """Ask for another answer to the question that this AI message answers; the old answer stays.

    While one is being written for that question, that one is returned. Raises QuestionRefused, NotFound.
    """
    with transaction.atomic():
        old = own_row(Message, member=member, pk=message_id)
        if old.role != Message.Role.AI or old.parent is None:
            raise NotFound("answer")
        being_written = (
            own(Answer, member=member)
            .filter(message__parent=old.parent, state__in=ANSWER_STATES.open)
            .select_related("message")
            .first()
        )
        if being_written is not None:
            return being_written.message
        _check_room(member)
        return _add_answer(old.conversation, question=old.parent, now=now)


def _asked_with(member: Any, key: UUID | None) -> Message | None:
    if key is None:
        return None
    question = own(Message, member=member).filter(idempotency_key=key).first()
    return None if question is None else own(Message, member=member).filter(parent=question).last()


def _check_room(member: Any) -> None:
    if own(Answer, member=member).filter(state__in=ANSWER_STATES.open).count() >= MAX_OPEN_ANSWERS:
        raise TooManyOpen(MAX_OPEN_ANSWERS)


def _parent(member: Any, *, conversation_id: UUID, message_id: UUID) -> Message:
    parent = (
        own(Message, member=member)
        .filter(pk=message_id, conversation=conversation_id, role=Message.Role.AI)
        .select_related("conversation", "answer")
        .first()
    )
    if parent is None:
        raise NotFound("message")
    if parent.answer.state in ANSWER_STATES.open:
        raise StillWriting
    return parent


def _add(
    conversation: Conversation, *, parent: Message | None, question: str, key: UUID | None, now: datetime
) -> Message:
    asked = Message.objects.create(
        member_id=conversation.member_id,
        conversation=conversation,
        parent=parent,
        role=Message.Role.MEMBER,
        text=question,
        written_at=now,
        idempotency_key=key,
    )
    return _add_answer(conversation, question=asked, now=now)


def _add_answer(conversation: Conversation, *, question: Message, now: datetime) -> Message:
    try:
        version = behaviour.in_force()
    except behaviour.NoBehaviour:
        raise NobodyToAnswer from None
    message = Message.objects.create(
        member_id=conversation.member_id,
        conversation=conversation,
        parent=question,
        role=Message.Role.AI,
        text="",
        written_at=now,
    )
    Answer.objects.create(
        member_id=conversation.member_id,
        message=message,
        state=AnswerState.QUEUED,
        behaviour=version,
        queued_at=now,
    )
    conversation.leaf = message
    conversation.active_at = now
    conversation.save(update_fields=["leaf", "active_at"])
    ring_on_commit(Ring(conversation.pk, conversation.member_id))
    return message
