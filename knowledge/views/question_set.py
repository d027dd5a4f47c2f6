"""The community's question set: all members read it, those who review what is taught keep it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community_ai.core.clock import now
from governance.access import member_of
from governance.models import Member
from governance.permissions import Permission
from governance.refusals import Refused
from knowledge import access
from knowledge.content import InvalidContent
from knowledge.models import Entry, SetQuestion
from knowledge.question_set_forms import QuestionSetForm
from knowledge.services import question_set as service
from knowledge.views.access import member_page
from knowledge.views.entry_forms import languages_for

PER_PAGE = 50


@require_safe
@member_page
def question_set(request: HttpRequest) -> HttpResponse:
    return _list(request)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def add(request: HttpRequest) -> HttpResponse:
    """Add a question; `?entry=` names the entry that it is about. For those who review what is taught."""
    teacher = member_of(request, who_may=Permission.TEACH)
    languages = languages_for(teacher)
    if request.method != "POST":
        entry = _entry(teacher, request.GET.get("entry"))
        initial = {"entry": entry.pk, "known": "note"} if entry else {}
        initial["language"] = teacher.language or settings.LANGUAGE_CODE
        return _form(request, QuestionSetForm(languages=languages, initial=initial), entry)
    form = QuestionSetForm(request.POST, languages=languages)
    if form.is_valid():
        data = form.cleaned_data
        try:
            service.add(
                by=teacher,
                text=data["text"],
                answers=form.accepted(),
                wrong=form.refused(),
                language=data["language"],
                entry_id=data["entry"],
                now=now(),
            )
        except Refused as problem:
            field = problem.field if isinstance(problem, InvalidContent) else None
            form.add_error(field if field in form.fields else None, str(problem))
        else:
            messages.success(request, _("The question is in the set."))
            return redirect("knowledge:question_set")
    return _form(request, form, _entry(teacher, request.POST.get("entry")), status=422)


@require_POST
@member_page
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a question out of the set. For those who review what is taught."""
    teacher = member_of(request, who_may=Permission.TEACH)
    if not SetQuestion.objects.filter(pk=pk).exists():
        raise Http404
    try:
        service.remove(by=teacher, question_id=pk, now=now())
    except Refused as problem:
        return _list(request, problem=problem, status=409)
    messages.success(request, _("The question is taken out of the set."))
    return redirect("knowledge:question_set")


def _list(request: HttpRequest, *, problem: Refused | None = None, status: int = 200) -> HttpResponse:
    member = member_of(request)
    rows = service.shown(member=member, now=now()).select_related("entry").order_by("-pk")
    context: dict[str, Any] = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "keeps": member.may(Permission.TEACH),
        "problem": problem,
    }
    return render(request, "knowledge/question_set.html", context, status=status)


def _form(request: HttpRequest, form: QuestionSetForm, entry: Entry | None, *, status: int = 200) -> HttpResponse:
    return render(request, "knowledge/question_set_add.html", {"form": form, "entry": entry}, status=status)


def _entry(teacher: Member, text: str | None) -> Entry | None:
    """The entry of this address, if the teacher may see it."""
    try:
        pk = UUID(text or "")
    except ValueError:
        return None
    return access.visible(Entry, member=teacher, now=now()).filter(pk=pk).first()
