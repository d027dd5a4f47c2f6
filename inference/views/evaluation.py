"""How well the AI answers the community's question set, over time: a table, a chart, and each question of a run."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from community_ai.core.clock import now
from governance.access import member_of
from governance.time_zones import zone_of
from inference.evaluation.chart import Chart, chart
from inference.models import EvaluationOutcome, EvaluationRun
from knowledge.question_split import Part
from knowledge.services import question_set

PER_PAGE = 20
CHARTED = 12
"""Runs that the chart shows, the newest ones."""
OUTCOMES_PER_PAGE = 100


@login_required
@never_cache
@require_safe
def evaluation(request: HttpRequest) -> HttpResponse:
    """All runs, the newest first."""
    page = Paginator(EvaluationRun.objects.select_related("behaviour"), PER_PAGE).get_page(request.GET.get("page"))
    charted = list(EvaluationRun.objects.filter(limited=False).select_related("behaviour")[:CHARTED])[::-1]
    context = {
        "page": page,
        "chart": _chart(charted) if charted else None,
        "newest": charted[-1] if charted else None,
        "zone": zone_of(member_of(request)),
    }
    return render(request, "inference/evaluation/evaluation.html", context)


@login_required
@never_cache
@require_safe
def evaluation_run(request: HttpRequest, pk: int) -> HttpResponse:
    """One run, with the questions to learn from that the member may see, those that went wrong first.

    The held-out ones are counted and not listed: what nobody looks at, nobody practises for.
    """
    member = member_of(request)
    run = get_object_or_404(EvaluationRun.objects.select_related("behaviour"), pk=pk)
    seen = question_set.shown(member=member, now=now())
    outcomes = EvaluationOutcome.objects.filter(run=run, question__in=seen).select_related("question")
    learnt = [row for row in outcomes if row.question.part is Part.LEARN]
    wrong_first = sorted(learnt, key=lambda row: (row.good, row.pk))
    context = {
        "run": run,
        "page": Paginator(wrong_first, OUTCOMES_PER_PAGE).get_page(request.GET.get("page")),
        "zone": zone_of(member),
    }
    return render(request, "inference/evaluation/run.html", context)


def _chart(runs: Sequence[EvaluationRun]) -> Chart:
    """The held-out part of these runs, the oldest first."""
    figures = [run.held_out for run in runs]
    return chart(
        [date_format(localtime(run.began_at), "SHORT_DATE_FORMAT") for run in runs],
        [
            ("with", _("Right, with our notes"), [each.held.per_cent for each in figures]),
            (
                "unknown",
                _("“We have no note”, where there is none"),
                [each.unknown.per_cent for each in figures],
            ),
            ("without", _("Right, without our notes"), [each.without.per_cent for each in figures]),
        ],
    )
