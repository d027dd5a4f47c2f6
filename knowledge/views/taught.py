"""What I taught: what became of it, changing it while nobody has looked, taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community_ai.core.clock import now
from consent.access import NotFound, own_row
from consent.offering import Offer
from consent.purposes import Purpose, Way
from governance.access import member_of
from governance.models import Member
from governance.refusals import Refused
from knowledge import access
from knowledge.content import InvalidContent
from knowledge.models import Correction, CorrectionState, Entry, Thanks, Verdict
from knowledge.services import corrections
from knowledge.services.corrections import Answered
from knowledge.services.teachers import teachers
from knowledge.teaching_forms import CorrectionForm, verdict_from
from knowledge.views.access import member_page

PER_PAGE = 20


@dataclass(frozen=True)
class Taught:
    """One correction, the entry that came of it if the member may see it, and how many thanked for it."""

    correction: Correction
    entry: Entry | None
    thanks: int


@require_safe
@member_page
def taught(request: HttpRequest) -> HttpResponse:
    """What I taught, the newest first."""
    member = member_of(request)
    page = Paginator(corrections.taught_by(member), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": _with_entries(list(page), member),
        "unread": corrections.unread(member).count(),
        "no_teachers": not teachers(),
    }
    return render(request, "knowledge/taught.html", context)


@require_POST
@member_page
def read(request: HttpRequest) -> HttpResponse:
    """The member has read what teachers decided: it leaves the home page."""
    corrections.mark_read(member=member_of(request), now=now())
    return redirect("knowledge:taught")


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def correction(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One of them, and the form for its next wording."""
    member, row = member_of(request), _own(request, pk)
    if row.state == CorrectionState.WITHDRAWN:
        raise Http404
    sent = request.POST.get("verdict") if request.method == "POST" else request.GET.get("verdict")
    verdict = verdict_from(sent, default=Verdict(row.verdict))
    offer = Offer(request, Purpose.KNOWLEDGE, Purpose.TRAINING, way=Way.CORRECTION)
    context: dict[str, Any] = {"verdict": verdict, "verdicts": Verdict, "offer": offer}
    if request.method != "POST":
        context["form"] = CorrectionForm(verdict=verdict, initial=CorrectionForm.initial_from(row))
        return _page(request, row, context)
    form = context["form"] = CorrectionForm(request.POST, verdict=verdict)
    if not form.is_valid():
        return _page(request, row, context, status=422)
    about = Answered(answer_id=row.answer_id, question=row.question, answer=row.answer, behaviour=row.behaviour)
    try:
        offer.accept(now=now())
        corrections.teach(
            member=member, answered=about, said=form.said(), number=form.cleaned_data["number"] or 0, now=now()
        )
    except InvalidContent as problem:
        form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        return _page(request, row, context, status=422)
    except Refused as problem:
        row = _own(request, pk)
        typed = {**form.cleaned_data, "number": row.number}
        context |= {"problem": problem, "form": CorrectionForm(verdict=verdict, initial=typed), "typed": form.said()}
        return _page(request, row, context, status=409)
    messages.success(request, _("Changed. A teacher will read it."))
    return redirect("knowledge:taught")


@require_POST
@member_page
def take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = _own(request, pk)
    corrections.withdraw(member=member_of(request), correction_id=row.pk, now=now())
    messages.success(request, _("Taken back. Its words are deleted."))
    return redirect("knowledge:taught")


def _own(request: HttpRequest, pk: UUID) -> Correction:
    try:
        return own_row(Correction, member=member_of(request), pk=pk)
    except NotFound:
        raise Http404 from None


def _page(request: HttpRequest, row: Correction, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    (shown,) = _with_entries([row], member_of(request))
    return render(
        request,
        "knowledge/correction.html",
        {**context, "row": shown, "open": row.state == CorrectionState.SUBMITTED},
        status=status,
    )


def _with_entries(rows: list[Correction], member: Member) -> list[Taught]:
    keys = {row.entry_id for row in rows if row.entry_id}
    entries = access.visible(Entry, member=member, now=now()).in_bulk(keys)
    given = access.visible(Thanks, member=member, now=now()).filter(entry__in=entries).order_by()
    thanks = dict(given.values_list("entry").annotate(Count("pk")))
    return [Taught(row, entries.get(row.entry_id), thanks.get(row.entry_id, 0)) for row in rows]
