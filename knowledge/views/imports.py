"""Bringing in a file: choose it, see how it becomes entries, begin, watch, and take it back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community_ai.core.clock import now
from consent.access import NotFound, own, own_row
from consent.offering import Offer
from consent.purposes import Purpose, Way
from governance.access import member_of
from governance.models import Member
from governance.permissions import Permission
from governance.refusals import Refused
from knowledge import access, import_jobs
from knowledge.import_forms import FileForm, PlanForm
from knowledge.importing.plan import RECORDS, InvalidPlan, Plan, check, sources_of, table_number
from knowledge.meaning_search import progress_for
from knowledge.models import Entry, ImportBatch, ImportState
from knowledge.reading.document import Code, Document
from knowledge.reading.refusals import Unreadable
from knowledge.services import import_files, shelves
from knowledge.services import imports as service
from knowledge.services.entry_labels import usable_labels
from knowledge.services.import_refusals import sentence_for

SHOWN = 30
GOING_ON = (ImportState.UPLOADED, ImportState.IMPORTING, ImportState.UNDOING)
View = Callable[..., HttpResponse]


def own_import(view: View) -> View:
    """A page about one's own import, for who may import; another's is not found, in the same words as none."""

    @login_required
    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, pk: UUID) -> HttpResponse:
        try:
            member = member_of(request, who_may=Permission.TEACH)
            return view(request, own_row(ImportBatch, member=member, pk=pk))
        except NotFound:
            raise Http404 from None

    return guarded


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """The form for a file, and the member's imports. A body that is too large is refused before it is looked at, its
    token included."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.LARGE_BODY_BYTES:
        return _too_large(request)
    return _imports(request)


@login_required
@never_cache
def _too_large(request: HttpRequest) -> HttpResponse:
    member = member_of(request, who_may=Permission.TEACH)
    return _page(request, member, FileForm(), problem=Unreadable(Code.TOO_LARGE, {"limit": settings.IMPORT_MB}))


@csrf_protect
@login_required
@never_cache
def _imports(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    if not member.may(Permission.TEACH):
        return render(request, "knowledge/import_closed.html", status=403 if request.method == "POST" else 200)
    if request.method != "POST":
        return _page(request, member, FileForm())
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, member, form, status=422)
    file: UploadedFile = form.cleaned_data["file"]
    try:
        brought = service.bring(member=member, data=file.read(), name=file.name or "", now=now())
    except Refused as refusal:
        return _page(request, member, form, problem=refusal)
    import_jobs.wake(brought.pk)
    return redirect("knowledge:import_batch", pk=brought.pk)


def _page(
    request: HttpRequest, member: Member, form: FileForm, *, problem: Refused | None = None, status: int = 200
) -> HttpResponse:
    if problem is not None:
        too_large = isinstance(problem, Unreadable) and problem.code is Code.TOO_LARGE
        status = 413 if too_large else 422
    context = {
        "form": form,
        "problem": problem,
        "batches": own(ImportBatch, member=member).order_by("-brought_at")[:SHOWN],
        "most_bytes": settings.IMPORT_MB << 20,
        "meaning": progress_for(member, now=now()),
    }
    return render(request, "knowledge/import.html", context, status=status)


@require_safe
@own_import
def batch(request: HttpRequest, row: ImportBatch) -> HttpResponse:
    """Where an import stands; one that was read shows what would become of it, or of another part of the file."""
    return _show(request, row, source=request.GET.get("source"))


@require_safe
@own_import
def progress(request: HttpRequest, row: ImportBatch) -> HttpResponse:
    """The part of the page that a browser with scripts asks for again and again; at the end it loads the page."""
    response = render(request, "knowledge/_import_progress.html", {"batch": row})
    if row.state not in GOING_ON:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@own_import
def change_plan(request: HttpRequest, row: ImportBatch) -> HttpResponse:
    """Keep what was chosen, and show what would become of the file then."""
    if row.state != ImportState.READ:
        return _show(request, row, problem=service.NotNow())
    try:
        document, plan = _planned(row, source=request.POST.get("source"))
        form = _form(document, plan, member_of(request), data=request.POST)
        if form is None or not form.is_valid():
            return _look(request, row, source=plan.source, form=form, status=422)
        service.change_plan(member=member_of(request), batch_id=row.pk, plan=form.planned(), now=now())
    except import_files.Gone:
        return _gone(request, row)
    except Refused as refusal:
        return _show(request, row, problem=refusal)
    response = redirect("knowledge:import_batch", pk=row.pk)
    response["Location"] += "#preview"
    return response


@require_POST
@own_import
def begin(request: HttpRequest, row: ImportBatch) -> HttpResponse:
    try:
        _offer(request).accept(now=now())
        service.begin(member=member_of(request), batch_id=row.pk, now=now())
    except Refused as refusal:
        return _show(request, row, problem=refusal)
    except import_files.Gone:
        return _gone(request, row)
    import_jobs.wake(row.pk)
    return redirect("knowledge:import_batch", pk=row.pk)


@require_POST
@own_import
def cancel(request: HttpRequest, row: ImportBatch) -> HttpResponse:
    try:
        service.cancel(member=member_of(request), batch_id=row.pk, now=now())
    except service.NotNow as refusal:
        return _show(request, row, problem=refusal)
    import_jobs.wake(row.pk)
    messages.success(request, _("The import is cancelled. Nothing of the file was added."))
    return redirect("knowledge:import")


@require_http_methods(["GET", "HEAD", "POST"])
@own_import
def take_back(request: HttpRequest, row: ImportBatch) -> HttpResponse:
    if request.method != "POST":
        return render(request, "knowledge/import_take_back.html", {"batch": row})
    try:
        service.take_back(member=member_of(request), batch_id=row.pk, now=now())
    except service.NotNow as refusal:
        return _show(request, row, problem=refusal)
    import_jobs.wake(row.pk)
    return redirect("knowledge:import_batch", pk=row.pk)


def _show(
    request: HttpRequest, row: ImportBatch, *, source: str | None = None, problem: Refused | None = None
) -> HttpResponse:
    """The import as it is now, below what was wrong with the last wish."""
    row = own_row(ImportBatch, member=member_of(request), pk=row.pk)
    status = 200 if problem is None else 409
    if row.state == ImportState.READ:
        try:
            return _look(request, row, source=source, problem=problem, status=status)
        except import_files.Gone:
            return _gone(request, row)
    context = {
        "batch": row,
        "going_on": row.state in GOING_ON,
        "why": sentence_for(row.refusal, row.refusal_facts) if row.refusal else "",
        "problem": problem,
        "meaning": progress_for(member_of(request), now=now()) if row.state == ImportState.DONE else None,
    }
    return render(request, "knowledge/import_state.html", context, status=status)


def _offer(request: HttpRequest) -> Offer:
    return Offer(request, Purpose.KNOWLEDGE, way=Way.IMPORT)


def _planned(row: ImportBatch, *, source: str | None) -> tuple[Document, Plan]:
    """The document, and the plan that is kept, or one to begin with for another part of the file. Raises Gone."""
    document, plan = import_files.document_of(row), service.plan_of(row)
    if source in sources_of(document) and source != plan.source:
        plan = service.guessed(row, document, language=plan.language, source=source)
    return document, plan


def _look(
    request: HttpRequest,
    row: ImportBatch,
    *,
    source: str | None,
    form: PlanForm | None = None,
    problem: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form of the plan, and below it the entries that the plan that is kept would make. Raises Gone."""
    member = member_of(request)
    document, plan = _planned(row, source=source)
    kept = form is None and plan == service.plan_of(row) and _fits(plan, document)
    context: dict[str, Any] = {
        "batch": row,
        "offer": _offer(request),
        "document": document,
        "plan": plan,
        "form": form or _form(document, plan, member),
        "sources": _named(document),
        "look": service.look(member=member, batch=row, now=now()) if kept else None,
        "problem": problem,
    }
    return render(request, "knowledge/import_look.html", context, status=status)


def _form(document: Document, plan: Plan, member: Member, *, data: QueryDict | None = None) -> PlanForm | None:
    """None for an export, which brings its own plan."""
    if plan.source == RECORDS:
        return None
    number = plan.table_number
    return PlanForm(
        data,
        plan=plan,
        table=None if number is None else document.tables[number],
        languages=_languages(member),
        labels=usable_labels(),
    )


def _fits(plan: Plan, document: Document) -> bool:
    try:
        check(plan, document)
    except InvalidPlan:
        return False
    return True


def _named(document: Document) -> list[tuple[str, str]]:
    """The parts of a file that can be taken, by what a person calls them."""
    named = []
    for source in sources_of(document):
        number = table_number(source)
        if number is None:
            named.append((source, _("The text")))
            continue
        table = document.tables[number]
        title = table.name or _("Table %(number)s") % {"number": number + 1}
        named.append((source, _("%(table)s, %(count)s rows") % {"table": title, "count": len(table.rows)}))
    return named


def _languages(member: Member) -> list[str]:
    """Languages that the member sees in use, then those of the pages."""
    used = [shelf.code for shelf in shelves.languages(access.visible(Entry, member=member, now=now()))]
    return list(dict.fromkeys([*used, *(code for code, _name in settings.LANGUAGES)]))


def _gone(request: HttpRequest, row: ImportBatch) -> HttpResponse:
    """A file that is not there any more, such as after a backup was put back: the import ends here."""
    service.cancel(member=member_of(request), batch_id=row.pk, now=now())
    messages.error(request, sentence_for("gone", {}))
    return redirect("knowledge:import")
