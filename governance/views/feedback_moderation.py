"""What moderators do with notes about the node: answer in public, hide what hurts."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from community_ai.core.clock import now
from governance.access import member_of
from governance.feedback_forms import AnswerForm, HideForm
from governance.models import FEEDBACK_STATES, FeedbackNote
from governance.permissions import Permission
from governance.refusals import Refused
from governance.services import feedback
from governance.wording import BadWording


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """One note with what was answered so far, and the form for another answer."""
    moderator, row = member_of(request, who_may=Permission.MODERATE), _note(pk)
    if request.method != "POST":
        return _page(request, row)
    form = AnswerForm(request.POST, note=row)
    if form.is_valid():
        try:
            feedback.answer(note_id=row.pk, by=moderator, now=now(), **form.cleaned_data)
        except BadWording as refused:
            form.add_error("text", str(refused))
        except feedback.NoSuchNote:
            raise Http404 from None
        except Refused as refused:
            row = _note(pk)
            typed = AnswerForm(note=row, initial={name: form.cleaned_data[name] for name in ("state", "text")})
            return _page(request, row, answer_form=typed, problem=refused, status=409)
        else:
            messages.success(request, _("Your answer is there for everyone."))
            return redirect("governance:feedback")
    return _page(request, row, answer_form=form, status=422)


@login_required
@require_POST
def hide(request: HttpRequest, pk: int) -> HttpResponse:
    moderator, row = member_of(request, who_may=Permission.MODERATE), _note(pk)
    form = HideForm(request.POST)
    if form.is_valid():
        try:
            feedback.hide(note_id=row.pk, by=moderator, now=now(), **form.cleaned_data)
        except BadWording as refused:
            form.add_error("reason", str(refused))
        except feedback.NoSuchNote:
            raise Http404 from None
        else:
            messages.success(request, _("The note is hidden. The reason stands in its place."))
            return redirect("governance:feedback")
    return _page(request, row, hide_form=form, status=422)


@login_required
@require_POST
def show(request: HttpRequest, pk: int) -> HttpResponse:
    moderator = member_of(request, who_may=Permission.MODERATE)
    try:
        feedback.show_again(note_id=pk, by=moderator, now=now())
    except feedback.NoSuchNote:
        raise Http404 from None
    messages.success(request, _("Everyone can read the note again."))
    return redirect("governance:feedback_note", pk=pk)


def _note(pk: int) -> FeedbackNote:
    row = feedback.shown(now=now()).filter(pk=pk).first() if pk < 2**31 else None
    if row is None:
        raise Http404
    return row


def _page(
    request: HttpRequest,
    row: FeedbackNote,
    *,
    answer_form: AnswerForm | None = None,
    hide_form: HideForm | None = None,
    problem: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "note": row,
        "answers": row.replies.select_related("author"),
        "answer_form": answer_form or AnswerForm(note=row),
        "may_answer": row.state in FEEDBACK_STATES.open,
        "hide_form": hide_form or HideForm(),
        "problem": problem,
    }
    return render(request, "governance/feedback/moderate.html", context, status=status)
