"""Questions that the community has no note on: asking them, one's own, and for teachers those of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community_ai.core.clock import now
from consent.access import NotFound
from governance.access import member_of
from governance.models import Member
from governance.permissions import Permission
from governance.refusals import Refused
from knowledge import access
from knowledge.content import InvalidContent
from knowledge.models import Entry, OpenQuestion
from knowledge.services import open_questions
from knowledge.services.teachers import teachers
from knowledge.teaching_forms import AskForm
from knowledge.views.access import member_page

PER_PAGE = 30
OWN_PER_PAGE = 20


@dataclass(frozen=True)
class Own:
    """A question of one's own, and the entry that answers it if one may see it."""

    question: OpenQuestion
    entry: Entry | None


@require_safe
@member_page
def questions(request: HttpRequest) -> HttpResponse:
    """One's own questions, and what waits for those who teach."""
    member = member_of(request)
    own = Paginator(open_questions.asked_by(member), OWN_PER_PAGE).get_page(request.GET.get("own"))
    context: dict[str, Any] = {
        "own": own,
        "own_rows": _with_entries(list(own), member),
        "unread": open_questions.unread(member).count(),
        "teaches": member.may(Permission.TEACH),
        "no_teachers": not teachers(),
    }
    if context["teaches"]:
        page = Paginator(open_questions.queue(teacher=member), PER_PAGE).get_page(request.GET.get("page"))
        context |= {"page": page, "rows": list(open_questions.opened(page, teacher=member))}
    return render(request, "knowledge/questions.html", context)


@require_POST
@member_page
def read(request: HttpRequest) -> HttpResponse:
    """The member has read what became of their questions: it leaves the home page."""
    open_questions.mark_read(member=member_of(request), now=now())
    return redirect("knowledge:questions")


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def ask(request: HttpRequest) -> HttpResponse:
    """Ask the members who teach."""
    if request.method != "POST":
        return show_form(request, AskForm())
    form = AskForm(request.POST)
    problem: Refused | None = None
    if form.is_valid():
        try:
            open_questions.ask_teachers(
                member=member_of(request), text=form.cleaned_data["text"], with_name=form.names_asker, now=now()
            )
        except InvalidContent as refused:
            form.add_error("text", str(refused))
        except Refused as refused:
            problem = refused
        else:
            messages.success(request, _("Your question is on its way to those who teach."))
            return redirect("knowledge:questions")
    return show_form(request, form, problem=problem, status=409 if problem else 422)


@require_POST
@member_page
def take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    try:
        open_questions.withdraw(member=member_of(request), question_id=pk, now=now())
    except NotFound:
        raise Http404 from None
    messages.success(request, _("Taken back. Its words are deleted."))
    return redirect("knowledge:questions")


def show_form(
    request: HttpRequest, form: AskForm, *, problem: Refused | None = None, status: int = 200
) -> HttpResponse:
    """The page on which a question is asked; the room above shows it filled in."""
    context = {"form": form, "problem": problem, "no_teachers": not teachers()}
    return render(request, "knowledge/ask.html", context, status=status)


def _with_entries(rows: list[OpenQuestion], member: Member) -> list[Own]:
    keys = {row.entry_id for row in rows if row.entry_id}
    entries = access.visible(Entry, member=member, now=now()).in_bulk(keys)
    return [Own(row, entries.get(row.entry_id)) for row in rows]
