"""What a member is still writing, and what was put aside."""

from __future__ import annotations

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from community_ai.core.clock import now
from governance.access import member_of
from knowledge import access
from knowledge.models import Entry, EntryState
from knowledge.services import shelves
from knowledge.views.access import member_page

PER_PAGE = 50


@require_safe
@member_page
def drafts(request: HttpRequest) -> HttpResponse:
    """The member's own drafts, and what was put aside as far as they may reach it."""
    member = member_of(request)
    reachable = access.reachable(Entry, member=member, now=now())
    context = {
        "drafts": _page(request, "page", reachable.filter(state=EntryState.DRAFT, author=member)),
        "aside": _page(request, "aside", reachable.filter(state=EntryState.RETIRED)),
    }
    return render(request, "knowledge/drafts.html", context)


def _page(request: HttpRequest, name: str, entries: QuerySet[Entry]) -> Page[Entry]:
    return Paginator(shelves.listed(entries.order_by("-changed_at", "pk")), PER_PAGE).get_page(request.GET.get(name))
