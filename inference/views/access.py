"""What all pages of the chat have in common: a signed-in member, and 404 for whatever is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from consent.access import NotFound
from inference.models import Message

View = Callable[..., HttpResponse]


def own_page(view: View) -> View:
    """A page about the member's own rows: sign-in first, and one and the same 404 for what is absent and what is
    another member's."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound:
            raise Http404 from None

    return guarded


def to_message(message: Message) -> HttpResponse:
    """Off to the message's place on its page."""
    response = redirect("inference:conversation", conversation_id=message.conversation_id)
    response["Location"] += f"#message-{message.pk}"
    return response


def uuid_from(request: HttpRequest, field: str) -> UUID | None:
    """A UUID that a form brought; None when it is absent or is none."""
    try:
        return UUID(str(request.POST.get(field, "")))
    except ValueError:
        return None
