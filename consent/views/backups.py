"""Backups, for who may look after them: what there is, a new one, a file to take away, a recovery kit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community_ai.core.clock import now
from community_ai.core.streaming import streamed
from consent import backup_jobs
from consent.backup_states import standing
from consent.backups.refusals import sentence_for
from consent.models import Backup, Reason
from consent.recovery_sheet import sheet
from consent.services import backup_folder, backup_rotation, recovery_kits
from consent.services import backups as service
from governance.access import member_of
from governance.permissions import Permission
from governance.refusals import Refused

SHOWN = 40
PIECE_BYTES = 256 * 1024


@require_safe
@login_required
@never_cache
def backups(request: HttpRequest) -> HttpResponse:
    member_of(request, who_may=Permission.BACK_UP)
    return _page(request)


@require_safe
@login_required
@never_cache
def progress(request: HttpRequest) -> HttpResponse:
    """The part that a browser with scripts asks for again and again; at the end it loads the page."""
    member_of(request, who_may=Permission.BACK_UP)
    running = _running()
    response = render(request, "consent/_backup_progress.html", {"running": running})
    if running is None:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@login_required
@never_cache
def make(request: HttpRequest) -> HttpResponse:
    member = member_of(request, who_may=Permission.BACK_UP)
    try:
        row = service.ask(reason=Reason.ASKED, by=member, now=now())
    except Refused as refusal:
        return _page(request, problem=refusal, status=409)
    backup_jobs.wake(row)
    messages.success(request, _("The backup is being made. You can leave this page: it goes on."))
    return redirect("backups:backups")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def recovery_kit(request: HttpRequest) -> HttpResponse:
    """What a kit is; and on POST a new one, whose code is in this answer and nowhere else.

    With the code and a backup all can be read, so who makes one gives the password or second factor once more.
    """
    member_of(request, who_may=Permission.BACK_UP)
    return _make_kit(request) if request.method == "POST" else _kit_page(request)


@reauthentication_required
def _make_kit(request: HttpRequest) -> HttpResponse:
    member = member_of(request, who_may=Permission.BACK_UP)
    try:
        kit, code = recovery_kits.make(by=member, instead_of=request.POST.get("instead_of", ""), now=now())
    except recovery_kits.KitChanged as refusal:
        return _kit_page(request, problem=refusal)
    return render(request, "consent/recovery_kit_made.html", {"sheet": sheet(kit, code)})


def _kit_page(request: HttpRequest, *, problem: Refused | None = None) -> HttpResponse:
    context = {"kit": recovery_kits.in_force(), "problem": problem}
    return render(request, "consent/recovery_kit.html", context, status=409 if problem else 200)


@require_safe
@login_required
@never_cache
def download(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The file as it is: encrypted."""
    member_of(request, who_may=Permission.BACK_UP)
    row = Backup.objects.kept().filter(pk=pk).first()
    if row is None:
        raise Http404
    try:
        file = (backup_folder.folder() / row.file_name).open("rb")
    except OSError:
        raise Http404 from None
    response = streamed(request, _pieces(file), content_type="application/octet-stream", file_name=row.file_name)
    response["Content-Length"] = row.bytes
    return response


def _page(request: HttpRequest, *, problem: Refused | None = None, status: int = 200) -> HttpResponse:
    service.tidy_up(now=now())
    rows = list(Backup.objects.all()[:SHOWN])
    context = {
        "standing": standing(now=now()),
        "kit": recovery_kits.in_force(),
        "running": _running(),
        "rows": [(row, sentence_for(row.problem), sentence_for(row.check_problem)) for row in rows],
        "keeping": backup_rotation.keeping(),
        "problem": problem,
    }
    return render(request, "consent/backups.html", context, status=status)


def _running() -> Backup | None:
    return Backup.objects.under_way().first()


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece
