"""Notes about the node: reading them, writing one, following one's own by its code."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community_ai.core.clock import now
from governance.access import member_of
from governance.feedback_codes import new_code
from governance.feedback_forms import BY_NAME, FROM_TOMORROW, CodeForm, NoteForm
from governance.models import FeedbackNote, FeedbackState
from governance.permissions import Permission
from governance.refusals import Refused
from governance.services import feedback
from governance.wording import BadWording

PER_PAGE = 20


@login_required
@never_cache
@require_safe
def notes(request: HttpRequest) -> HttpResponse:
    """What members wrote about the node and what became of it; moderators also get those without an answer alone."""
    return _list(request)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest) -> HttpResponse:
    """Write a note. The answer to the form is the page with the code itself: an address with the code in it would tell
    the web server in front which note this visitor wrote."""
    member = member_of(request)
    if request.method != "POST":
        return _form(request, NoteForm(initial={"code": new_code()}))
    form = NoteForm(request.POST)
    problem: Refused | None = None
    if form.is_valid():
        sender = form.cleaned_data["sender"]
        try:
            written = feedback.write(
                member=member,
                text=form.cleaned_data["text"],
                code=form.cleaned_data["code"],
                signed=sender == BY_NAME,
                only_from_tomorrow=sender == FROM_TOMORROW,
                now=now(),
            )
        except BadWording as refused:
            form.add_error("text", str(refused))
        except Refused as refused:
            problem = refused
        else:
            return _one(request, written.note, code=written.code, just_written=True)
    return _form(request, form, problem=problem, status=409 if problem else 422)


@never_cache
@require_POST
def follow(request: HttpRequest) -> HttpResponse:
    """The note of a code that somebody typed; also for those who are signed out."""
    form = CodeForm(request.POST)
    note = feedback.find(form.cleaned_data["code"]) if form.is_valid() else None
    if note is not None:
        return _one(request, note)
    if not form.errors:
        form.add_error("code", _("There is no note with this code. Please check each letter and digit."))
    if request.user.is_authenticated:
        return _list(request, code_form=form, status=422)
    return render(request, "governance/feedback/by_code.html", {"form": form}, status=422)


@never_cache
@require_safe
def by_code(request: HttpRequest, code: str) -> HttpResponse:
    """The note of the code in the address."""
    note = feedback.find(code)
    if note is None:
        raise Http404
    response = _one(request, note)
    # The address is a secret: pages that follow must not learn it, and neither must a web server that notes referrers.
    response["Referrer-Policy"] = "strict-origin"
    return response


def _one(request: HttpRequest, note: FeedbackNote, *, code: str = "", just_written: bool = False) -> HttpResponse:
    context = {
        "note": note,
        "answers": note.replies.select_related("author"),
        "code": code,
        "just_written": just_written,
        "not_shown_yet": note.shown_from > feedback.local_day(now()),
    }
    return render(request, "governance/feedback/note.html", context)


def _form(request: HttpRequest, form: NoteForm, *, problem: Refused | None = None, status: int = 200) -> HttpResponse:
    return render(request, "governance/feedback/write.html", {"form": form, "problem": problem}, status=status)


def _list(request: HttpRequest, *, code_form: CodeForm | None = None, status: int = 200) -> HttpResponse:
    member, moment = member_of(request), now()
    shown = feedback.shown(now=moment).prefetch_related("replies__author")
    moderates = member.may(Permission.MODERATE)
    only_new = moderates and "new" in request.GET
    if only_new:
        shown = shown.filter(state=FeedbackState.NEW)
    context: dict[str, Any] = {
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "only_new": only_new,
        "moderates": moderates,
        "form": code_form or CodeForm(),
        "mine": set(feedback.written_by(member).values_list("pk", flat=True)),
    }
    return render(request, "governance/feedback/notes.html", context, status=status)
