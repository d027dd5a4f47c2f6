"""Entries by their themes."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from community_ai.core.clock import now
from governance.access import member_of
from knowledge import access
from knowledge.models import Entry
from knowledge.services import shelves
from knowledge.views.access import member_page

PER_PAGE = 50
THEMES_PER_PAGE = 120


@require_safe
@member_page
def themes(request: HttpRequest) -> HttpResponse:
    """The themes of what the member may see, in alphabetical order."""
    member, moment = member_of(request), now()
    shown = access.visible(Entry, member=member, now=moment)
    found = shelves.themes(access.tags(member=member, now=moment), shown)
    page = Paginator(found, THEMES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "knowledge/themes.html", {"page": page})


@require_safe
@member_page
def theme(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands under one theme. A theme without an entry that the member may see is not there for them."""
    member, moment = member_of(request), now()
    tag = access.tags(member=member, now=moment).filter(pk=pk).first()
    if tag is None:
        raise Http404
    entries = shelves.listed(access.visible(Entry, member=member, now=moment).filter(tags=tag))
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "knowledge/theme.html", {"theme": tag, "page": page})
