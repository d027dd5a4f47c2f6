"""Sample questions: the community's list, and what comes while both versions' answers are being written."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community_ai.core.clock import now
from community_ai.core.jobs import enqueue_on_commit
from governance.access import member_of
from governance.effects import UnknownKind, kind_named
from governance.models import Member, Proposal
from governance.refusals import Refused
from governance.services.proposals import present_version
from inference.forms import QuestionForm
from inference.jobs import answer_lacking_samples
from inference.kinds import samples as panel
from inference.models import SampleQuestion
from inference.services import samples
from inference.services.samples import SideBySide


@login_required
@never_cache
@require_safe
def sample_answers(request: HttpRequest, proposal: int) -> HttpResponse:
    """What an open page of the proposal lacks of its sample answers, as far as it is there by now.

    The page names what it lacks (`lacks`, such as "7-proposed"), so that nothing is renewed that somebody may be
    reading; a page that shows other questions than there are now is given the whole panel.
    """
    member = member_of(request)
    row = Proposal.objects.filter(pk=proposal).first()
    shown = _panel(row, member) if row is not None else None
    if row is None or shown is None:
        raise Http404
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(reverse("governance:proposal", args=[row.pk]) + "#samples")
    context = dict(shown.context)
    rows: list[SideBySide] = context["comparison"].rows
    if request.GET.get("questions") != "".join(f"{each.question.pk}." for each in rows):
        response = render(request, shown.template, context)
        response["HX-Retarget"] = response["HX-Reselect"] = "#samples"
        return response
    lacks = set(request.GET.getlist("lacks"))
    sides = [
        (f"{each.question.pk}-{side}", answer)
        for each in rows
        for side, answer in (("present", each.present), ("proposed", each.proposed))
    ]
    context["came"] = [(key, answer) for key, answer in sides if answer is not None and key in lacks]
    return render(request, "inference/behaviour/_samples_news.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sample_questions(request: HttpRequest) -> HttpResponse:
    """The community's questions, and one more."""
    member = member_of(request)
    form = QuestionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            samples.add_question(by=member, text=form.cleaned_data["text"], now=now())
        except Refused as problem:
            form.add_error("text", str(problem))
        else:
            enqueue_on_commit(answer_lacking_samples)
            messages.success(request, _("The question is added. Proposals under discussion are asked it, too."))
            return redirect("inference:sample_questions")
    return _questions(request, member, form, status=422 if form.errors else 200)


@login_required
@require_POST
def sample_question_remove(request: HttpRequest, question: int) -> HttpResponse:
    member = member_of(request)
    if not SampleQuestion.objects.filter(pk=question).exists():
        raise Http404
    try:
        samples.remove_question(by=member, question_id=question, now=now())
    except Refused as problem:
        return _questions(request, member, QuestionForm(), problem=problem, status=409)
    messages.success(request, _("The question is removed."))
    return redirect("inference:sample_questions")


def _questions(
    request: HttpRequest, member: Member, form: QuestionForm, *, problem: Refused | None = None, status: int = 200
) -> HttpResponse:
    rows = SampleQuestion.objects.in_use().select_related("added_by")
    context: dict[str, Any] = {
        "form": form,
        "problem": problem,
        "questions": [(row, samples.may_remove(member, row)) for row in rows],
        "full": len(rows) >= samples.MAX_QUESTIONS,
    }
    return render(request, "inference/behaviour/questions.html", context, status=status)


def _panel(proposal: Proposal, member: Member) -> Any:
    """The panel of sample answers on this proposal's page, None where there is none."""
    try:
        kind = kind_named(proposal.kind)
    except UnknownKind:
        return None
    if kind.panel is not panel.panel:
        return None
    return kind.panel(proposal=proposal, version=present_version(proposal), member=member, now=now())
