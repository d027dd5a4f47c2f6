from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from community_ai.core.clock import now
from consent.access import allowed, own, own_row
from consent.purposes import Purpose
from governance.access import member_of
from inference.fragments import composer_fields, state_of_the_ai
from inference.models import Conversation
from inference.question_text import MAX_CHARACTERS, QuestionRefused
from inference.services import conversations, questions
from inference.services.threads import Thread, thread_of
from inference.views.access import own_page, to_message, uuid_from

MAX_BESIDE = 30


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_page
def chat(request: HttpRequest) -> HttpResponse:
    """A new conversation: its first question."""
    if request.method == "POST":
        return _ask(request, None)
    return _page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_page
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """One conversation, and the next question in it."""
    row = own_row(Conversation, member=request.user, pk=conversation_id)
    if request.method == "POST":
        return _ask(request, row)
    return _page(request, thread_of(conversation=row, whole="all" in request.GET, now=now()))


@require_safe
@never_cache
@own_page
def conversation_list(request: HttpRequest) -> HttpResponse:
    """All of one's conversations, or those in which words are found."""
    query = request.GET.get("q", "").strip()[:200]
    context: dict[str, Any] = {"query": query, "kept": kept(request)}
    if query:
        context["result"] = conversations.search(member=request.user, query=query)
    else:
        context["conversations"] = newest(request, conversations.MAX_LISTED)
    return render(request, "inference/conversation_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_page
def rename(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    row = own_row(Conversation, member=request.user, pk=conversation_id)
    context: dict[str, Any] = {"conversation": row, "title": row.title}
    if request.method == "POST":
        context["title"] = request.POST.get("title", "")
        try:
            conversations.rename(member=request.user, conversation_id=row.pk, title=context["title"])
        except conversations.TitleRefused as refusal:
            return render(request, "inference/rename.html", {**context, "error": refusal.sentence}, status=422)
        messages.success(request, _("The conversation has its new title."))
        response = redirect("inference:conversation", conversation_id=row.pk)
        response["Location"] += "#title"
        return response
    return render(request, "inference/rename.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_page
def delete(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    row = own_row(Conversation, member=request.user, pk=conversation_id)
    if request.method == "POST":
        conversations.delete(member=request.user, conversation_id=row.pk, now=now())
        messages.success(request, _("The conversation is deleted."))
        response = redirect("inference:conversation_list")
        response["Location"] += "#title"
        return response
    return render(request, "inference/delete.html", {"conversation": row})


def newest(request: HttpRequest, most: int) -> list[Conversation]:
    return list(own(Conversation, member=request.user).order_by("-active_at")[:most])


def kept(request: HttpRequest) -> bool:
    """Whether the member's conversations stay."""
    return allowed(member_id=member_of(request).pk, purpose=Purpose.HISTORY)


def _ask(request: HttpRequest, row: Conversation | None) -> HttpResponse:
    text = request.POST.get("text", "")
    try:
        answer = questions.ask(
            member=request.user,
            conversation_id=row.pk if row else None,
            after_id=uuid_from(request, "after"),
            text=text,
            key=uuid_from(request, "key"),
            now=now(),
        )
    except QuestionRefused as refusal:
        thread = thread_of(conversation=row, now=now()) if row else None
        return _page(request, thread, text=text, error=str(refusal.sentence), status=422)
    return to_message(answer)


def _page(
    request: HttpRequest, thread: Thread | None, *, text: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "thread": thread,
        "conversation": thread.conversation if thread else None,
        "conversations": newest(request, MAX_BESIDE),
        "text": text,
        "error": error,
        "most_characters": MAX_CHARACTERS,
        "kept": kept(request),
        **composer_fields(thread),
        **state_of_the_ai(now=now()),
    }
    return render(request, "inference/conversation.html", context, status=status)
