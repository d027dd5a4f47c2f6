from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from community_ai.core.clock import now
from consent.access import NotFound, own_row
from inference.models import Message
from inference.question_text import MAX_CHARACTERS, QuestionRefused
from inference.services import answers, conversations, questions
from inference.views.access import own_page, to_message, uuid_from


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_page
def edit(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Ask an edited question; the old one stays as another version."""
    question = own_row(Message, member=request.user, pk=message_id)
    if question.role != Message.Role.MEMBER:
        raise NotFound("question")
    context: dict[str, Any] = {
        "question": question,
        "text": question.text,
        "key": uuid4(),
        "most_characters": MAX_CHARACTERS,
    }
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            answer = questions.edit(
                member=request.user, message_id=question.pk, text=text, key=uuid_from(request, "key"), now=now()
            )
        except QuestionRefused as refusal:
            context.update(text=text, error=refusal.sentence)
            return render(request, "inference/edit.html", context, status=422)
        return to_message(answer)
    return render(request, "inference/edit.html", context)


@require_POST
@own_page
def ask_again(request: HttpRequest, message_id: UUID) -> HttpResponse:
    try:
        return to_message(questions.ask_again(member=request.user, message_id=message_id, now=now()))
    except QuestionRefused as refusal:
        messages.error(request, str(refusal.sentence))
        return to_message(own_row(Message, member=request.user, pk=message_id))


@require_POST
@own_page
def stop(request: HttpRequest, message_id: UUID) -> HttpResponse:
    answers.stop(member=request.user, message_id=message_id)
    return to_message(own_row(Message, member=request.user, pk=message_id))


@require_POST
@own_page
def show(request: HttpRequest, message_id: UUID) -> HttpResponse:
    return to_message(conversations.show_branch(member=request.user, message_id=message_id))
