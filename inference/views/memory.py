"""What the AI may remember about the member who looks: the page of it, and picking a fact from a talk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from community_ai.core.clock import now
from consent.access import NotFound, allowed, own_row
from consent.offering import Offer
from consent.own_things import me
from consent.purposes import Purpose, Way
from governance.access import member_of
from governance.refusals import Refused
from inference.engine.protocol import MAX_REMEMBERED
from inference.memory_forms import FactForm
from inference.models import Message, Remembered
from inference.services import memory as facts
from inference.views.access import own_page, to_message


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_page
def memory(request: HttpRequest) -> HttpResponse:
    """All facts, whether they are used, and the form for one more.

    A suspended member sees, changes and forgets theirs, and adds none: the AI does not answer them meanwhile.
    """
    member = me(request)
    form, offer = _form(request), _offer(request) if member.is_active else None
    status = 200
    if request.method == "POST":
        if offer is None:
            raise PermissionDenied
        if _kept(request, form, offer, Remembered.Source.PAGE):
            messages.success(request, _("The AI may remember it from now on."))
            return redirect("inference:memory")
        status = 422
    context = {
        "form": form,
        "offer": offer,
        "facts": facts.facts_of(member),
        "used": allowed(member_id=member.pk, purpose=Purpose.MEMORY),
        "most": MAX_REMEMBERED,
    }
    return render(request, "inference/memory/memory.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_page
def remember(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """A fact from what the member said in a talk: they shorten the sentence to what is to stay, and save it."""
    message = own_row(Message, member=request.user, pk=message_id)
    if message.role != Message.Role.MEMBER:
        raise NotFound("question")
    form, offer = _form(request, initial=message.text), _offer(request)
    if request.method == "POST" and _kept(request, form, offer, Remembered.Source.CHAT):
        messages.success(request, _("The AI may remember it from now on."))
        return to_message(message)
    context = {"form": form, "offer": offer, "message": message}
    status = 200 if request.method != "POST" else 422
    return render(request, "inference/memory/remember.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_page
def fact(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One fact, to give it other words."""
    row = own_row(Remembered, member=request.user, pk=pk)
    form = _form(request, initial=row.text)
    if request.method == "POST" and form.is_valid():
        facts.change(member=me(request), pk=row.pk, text=form.cleaned_data["text"], now=now())
        messages.success(request, _("It is changed."))
        return redirect("inference:memory")
    status = 200 if request.method != "POST" else 422
    return render(request, "inference/memory/fact.html", {"form": form, "fact": row}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_page
def forget(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks first."""
    row = own_row(Remembered, member=request.user, pk=pk)
    if request.method == "POST":
        facts.forget(member=me(request), pk=row.pk, now=now())
        messages.success(request, _("It is forgotten."))
        return redirect("inference:memory")
    return render(request, "inference/memory/forget.html", {"fact": row})


def _form(request: HttpRequest, *, initial: str = "") -> FactForm:
    return FactForm(request.POST if request.method == "POST" else None, initial={"text": initial})


def _offer(request: HttpRequest) -> Offer:
    return Offer(request, Purpose.MEMORY, way=Way.MEMORY)


def _kept(request: HttpRequest, form: FactForm, offer: Offer, source: Remembered.Source) -> bool:
    """Whether the fact is kept; if not, the form says why."""
    if not form.is_valid():
        return False
    text: Any = form.cleaned_data["text"]
    try:
        offer.accept(now=now())
        facts.remember(member=member_of(request), text=text, source=source, now=now())
    except Refused as problem:
        form.add_error(None, str(problem))
        return False
    return True
