"""A teacher answers a question: with a new entry, with one that is there, or with the reason why not."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community_ai.core.clock import now
from consent.access import NotFound
from governance.models import Member
from governance.refusals import Refused
from knowledge.content import InvalidContent
from knowledge.models import EntryKind
from knowledge.services import finding, open_questions
from knowledge.services.entries import NewEntry
from knowledge.services.open_questions import Asked, EndedMeanwhile
from knowledge.teaching_forms import CloseForm
from knowledge.views import teachers_entries
from knowledge.views.access import member_page
from knowledge.views.reviews import teacher_of

MOST_ALIKE = 5


@require_safe
@member_page
def question(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One question, what the community has that comes near it, and what can be done."""
    teacher = teacher_of(request)
    return _page(request, teacher, _load(teacher, pk))


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def answer(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    """Write the entry that answers it."""
    teacher = teacher_of(request)
    try:
        item = open_questions.load(teacher=teacher, pk=pk)
    except NotFound:
        state = open_questions.became(pk)
        if request.method != "POST" or state is None:
            raise Http404 from None
        return _too_late(request, EndedMeanwhile(state), request.POST.get("body", ""))

    def publish(new: NewEntry, _key: str) -> HttpResponse:
        try:
            open_questions.answer(teacher=teacher, question_id=pk, new=new, now=now())
        except EndedMeanwhile as problem:
            return _too_late(request, problem, new.content.body)
        return _done(request, _("It is part of our knowledge now, and the member is told. Thank you!"))

    return teachers_entries.write(
        request,
        kind=kind,
        page="knowledge/question_answer.html",
        given={"title": item.text if kind == EntryKind.QUESTION else ""},
        key="",
        context={"item": item},
        publish=publish,
    )


@require_POST
@member_page
def answer_with(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that an entry answers it."""
    teacher = teacher_of(request)
    try:
        entry_id = UUID(request.POST.get("entry", ""))
    except ValueError:
        raise Http404 from None
    try:
        open_questions.answer_with(teacher=teacher, question_id=pk, entry_id=entry_id, now=now())
    except NotFound:
        raise Http404 from None
    except EndedMeanwhile as problem:
        return _too_late(request, problem, "")
    except Refused as problem:
        return _page(request, teacher, _load(teacher, pk), problem=problem, status=409)
    return _done(request, _("The member is told where the answer is."))


@require_POST
@member_page
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    teacher, form = teacher_of(request), CloseForm(request.POST)
    if form.is_valid():
        try:
            open_questions.close(teacher=teacher, question_id=pk, reason=form.cleaned_data["reason"], now=now())
        except InvalidContent as problem:
            form.add_error("reason", str(problem))
        except EndedMeanwhile as problem:
            return _too_late(request, problem, form.cleaned_data["reason"])
        except NotFound:
            raise Http404 from None
        else:
            return _done(request, _("The member reads your reason."))
    return _page(request, teacher, _load(teacher, pk), form=form, status=422)


def _load(teacher: Member, pk: UUID) -> Asked:
    try:
        return open_questions.load(teacher=teacher, pk=pk)
    except NotFound:
        raise Http404 from None


def _done(request: HttpRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("knowledge:questions")


def _too_late(request: HttpRequest, problem: Refused, typed: str) -> HttpResponse:
    return render(request, "knowledge/question_late.html", {"problem": problem, "typed": typed}, status=409)


def _page(
    request: HttpRequest,
    teacher: Member,
    item: Asked,
    *,
    form: CloseForm | None = None,
    problem: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    alike = finding.find(query=item.text, member=teacher, now=now())[:MOST_ALIKE]
    context = {"item": item, "alike": alike, "form": form or CloseForm(), "problem": problem}
    return render(request, "knowledge/question.html", context, status=status)
