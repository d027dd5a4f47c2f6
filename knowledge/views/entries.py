"""One entry: reading it, thanking, publishing, putting it aside, bringing it back, deleting it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community_ai.core.clock import now
from governance.access import member_of
from governance.refusals import Refused
from knowledge.models import Entry
from knowledge.services import entries
from knowledge.views import entry_page
from knowledge.views.access import member_page, reachable_entry


@require_safe
@member_page
def entry(request: HttpRequest, pk: UUID) -> HttpResponse:
    return entry_page.show(request, reachable_entry(request, pk))


@require_POST
@member_page
def publish(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _do(request, pk, entries.publish, _("It is part of our knowledge now."))


@require_POST
@member_page
def put_aside(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _do(request, pk, entries.retire, _("It is put aside. It can be brought back at any time."))


@require_POST
@member_page
def bring_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _do(request, pk, entries.restore, _("It is part of our knowledge again."))


@require_POST
@member_page
def thank(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = reachable_entry(request, pk)
    try:
        entries.thank(entry_id=row.pk, member=member_of(request), now=now())
    except entries.NoSuchEntry:
        # It is the member's to reach, and not part of the knowledge now.
        return entry_page.show(request, row, problem=entries.NotNow(), status=409)
    except Refused as problem:
        return entry_page.show(request, row, problem=problem, status=409)
    messages.success(request, _("Your thanks are there."))
    response = redirect("knowledge:entry", pk=row.pk)
    response["Location"] += "#thanks"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A page that asks once more, and the deletion."""
    row, member = reachable_entry(request, pk), member_of(request)
    if not entries.may_delete(member, row):
        return entry_page.show(request, row, problem=entries.MayNotDelete(), status=403)
    if request.method != "POST":
        return render(request, "knowledge/delete.html", {"entry": row})
    try:
        entries.delete(entry_id=row.pk, by=member, now=now())
    except Refused as problem:
        return entry_page.show(request, row, problem=problem, status=409)
    messages.success(request, _("It is deleted."))
    return redirect("knowledge:home")


def _do(request: HttpRequest, pk: UUID, act: Callable[..., Entry], done: str) -> HttpResponse:
    row = reachable_entry(request, pk)
    try:
        act(entry_id=row.pk, by=member_of(request), now=now())
    except entries.NoSuchEntry:
        raise
    except Refused as problem:
        return entry_page.show(request, row, problem=problem, status=409)
    messages.success(request, done)
    return redirect("knowledge:entry", pk=row.pk)
