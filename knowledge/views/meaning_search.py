"""The part of a page that says how many passages can be found by their meaning; a browser with scripts asks again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from community_ai.core.clock import now
from governance.access import member_of
from knowledge.meaning_search import progress_for
from knowledge.views.access import member_page


@require_safe
@member_page
def progress(request: HttpRequest) -> HttpResponse:
    meaning = progress_for(member_of(request), now=now())
    return render(request, "knowledge/_meaning_progress.html", {"meaning": meaning, "asked_again": True})
