"""Under an answer: the member says whether it is right, or asks the members who teach. Knowledge keeps both."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from community_ai.core.clock import now
from consent.access import NotFound, own_row
from consent.offering import Offer
from consent.purposes import Purpose, Way
from governance.refusals import Refused
from inference.models import ANSWER_STATES, Message
from inference.views.access import own_page, to_message
from knowledge.content import InvalidContent
from knowledge.models import Correction
from knowledge.services import corrections
from knowledge.services.corrections import Answered
from knowledge.services.open_questions import QUESTION_LENGTH
from knowledge.services.teachers import teachers
from knowledge.teaching_forms import AskForm, CorrectionForm, verdict_from
from knowledge.views.questions import show_form


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def teach(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The form under an answer, as a page or as the part of one that htmx asks for."""
    if request.htmx and not request.user.is_authenticated:  # type: ignore[attr-defined]
        # The login page must not land under the answer.
        way_back = urlencode({"next": reverse("inference:chat")})
        return HttpResponseClientRedirect(f"{resolve_url(settings.LOGIN_URL)}?{way_back}")
    return _teach(request, message_id)


@require_safe
@never_cache
@own_page
def ask_teachers(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The page on which those who teach are asked, with the question of this answer filled in."""
    question = _question_of(request, _finished(request, message_id))
    return show_form(request, AskForm(initial={"text": question.text[:QUESTION_LENGTH]}))


@own_page
def _teach(request: HttpRequest, message_id: UUID) -> HttpResponse:
    message = _finished(request, message_id)
    known = _known(request, message)
    if "close" in request.GET:
        return _tools(request, message, known)
    verdict = verdict_from(request.POST.get("verdict") or request.GET.get("verdict"))
    fits: dict[str, Any] = {"verdict": verdict, "auto_id": f"teach-{message.pk}-%s"}
    question = _question_of(request, message)
    offer = Offer(request, Purpose.KNOWLEDGE, Purpose.TRAINING, way=Way.CORRECTION, place=f"teach-{message.pk}-")
    context = {"message": message, "question": question, "verdict": verdict, "offer": offer}
    if request.method != "POST":
        initial = CorrectionForm.initial_from(known) if known else {}
        return _show(request, {**context, "form": CorrectionForm(initial=initial, **fits)})
    form = CorrectionForm(request.POST, **fits)
    if not form.is_valid():
        return _show(request, {**context, "form": form}, status=422)
    about = Answered(
        answer_id=message.answer.pk,
        question=question.text,
        answer=message.text,
        behaviour=message.answer.behaviour.number,
    )
    try:
        offer.accept(now=now())
        known = corrections.teach(
            member=request.user,  # type: ignore[arg-type]
            answered=about,
            said=form.said(),
            number=form.cleaned_data["number"] or 0,
            now=now(),
        )
    except InvalidContent as problem:
        form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        return _show(request, {**context, "form": form}, status=422)
    except Refused as problem:
        form.add_error(None, str(problem))
        return _show(request, {**context, "form": form, "known": _known(request, message)}, status=409)
    if request.htmx:  # type: ignore[attr-defined]
        return _tools(request, message, known, just_taught=True)
    messages.success(request, _("Thank you. A teacher will read it."))
    return to_message(message)


def _show(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    page = "inference/_teach_form.html" if request.htmx else "inference/teach.html"  # type: ignore[attr-defined]
    return render(request, page, {**context, "no_teachers": not teachers()}, status=status)


def _tools(
    request: HttpRequest, message: Message, known: Correction | None, *, just_taught: bool = False
) -> HttpResponse:
    """What stands under the answer while no form is open there."""
    entry = {"message": message, "correction": known}
    return render(request, "inference/_teach.html", {"entry": entry, "focus": True, "just_taught": just_taught})


def _finished(request: HttpRequest, message_id: UUID) -> Message:
    """One of the member's answers that has an end and says something. Raises NotFound."""
    message = own_row(Message, member=request.user, pk=message_id)
    answer = getattr(message, "answer", None)
    if answer is None or answer.state in ANSWER_STATES.open or not message.text or message.parent_id is None:
        raise NotFound("answer")
    return message


def _question_of(request: HttpRequest, message: Message) -> Message:
    return own_row(Message, member=request.user, pk=message.parent_id)


def _known(request: HttpRequest, message: Message) -> Correction | None:
    """What the member said about this answer before."""
    member: Any = request.user
    return corrections.about_answers(member=member, answer_ids=[message.answer.pk]).get(message.answer.pk)
