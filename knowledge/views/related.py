"""Which entries stand beside an entry: looking for them, and showing them there or not."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from community_ai.core.clock import now
from governance.access import member_of
from governance.refusals import Refused
from knowledge import access
from knowledge.services import entries, finding, shelves
from knowledge.views import entry_page
from knowledge.views.access import member_page, reachable_entry
from knowledge.views.search import words_asked


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def related(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Search for an entry and put it beside this one, or take one away from there."""
    entry, member = reachable_entry(request, pk), member_of(request)
    if not entries.may_edit(member, entry):
        return entry_page.show(request, entry, problem=entries.MayNotEdit(), status=403)
    if request.method == "POST":
        return _change(request, entry.pk)
    query = words_asked(request)
    beside = list(shelves.listed(access.related(entry, member=member, now=now())))
    known = {entry.pk, *(row.pk for row in beside)}
    found = finding.find(query=query, member=member, now=now()) if query else []
    context = {
        "entry": entry,
        "beside": beside,
        "query": query,
        "found": [each for each in found if each.entry.pk not in known],
    }
    return render(request, "knowledge/related.html", context)


def _change(request: HttpRequest, pk: UUID) -> HttpResponse:
    act: Callable[..., None]
    act, done = (
        (entries.relate, _("The two entries stand beside each other now."))
        if "relate" in request.POST
        else (entries.unrelate, _("The two entries do not stand beside each other any more."))
    )
    try:
        other = UUID(request.POST.get("relate") or request.POST.get("unrelate") or "")
    except ValueError:
        raise Http404 from None
    try:
        act(entry_id=pk, other_id=other, by=member_of(request), now=now())
    except entries.NoSuchEntry:
        raise
    except Refused as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, done)
    return redirect("knowledge:related", pk=pk)
