"""Labels of use: what each says, what carries it, and taking one off an entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from community_ai.core.clock import now
from governance.access import member_of
from governance.refusals import Refused
from knowledge import access
from knowledge.kinds.label_terms import terms_lines
from knowledge.models import AudioNote, Entry, Label, LabelVersion
from knowledge.services import audio_notes, entry_labels, shelves
from knowledge.services.labels import CHANGE, DEFINE, END, labels_in_force
from knowledge.views import entry_page
from knowledge.views.access import member_page, reachable_entry

PER_PAGE = 50


@dataclass(frozen=True)
class ShownLabel:
    """A label as it is in force: `version` is None for one that nobody can vouch for. `count` is how many entries that
    the member may see carry it."""

    key: str
    version: LabelVersion | None
    lines: list[str]
    count: int
    note: AudioNote | None = None


@require_safe
@member_page
def labels(request: HttpRequest) -> HttpResponse:
    """All labels, those that ended last."""
    shown = access.visible(Entry, member=member_of(request), now=now())
    counts, in_force = shelves.label_counts(shown), labels_in_force()
    rows = [
        ShownLabel(label.key, version, _lines(version), counts.get(label.pk, 0), _note(version))
        for label in Label.objects.all()
        for version in [in_force.get(label.pk)]
    ]
    rows.sort(key=lambda row: row.version is None or row.version.ended)
    return render(request, "knowledge/labels.html", {"labels": rows, "define": DEFINE})


@require_safe
@member_page
def label(request: HttpRequest, key: str) -> HttpResponse:
    """One label, and the entries that carry it."""
    row = Label.objects.filter(key=key).first()
    if row is None:
        raise Http404
    shown = access.visible(Entry, member=member_of(request), now=now())
    carrying = shelves.listed(shelves.with_label(shown, row.pk))
    page = Paginator(carrying, PER_PAGE).get_page(request.GET.get("page"))
    version = labels_in_force().get(row.pk)
    context: dict[str, Any] = {
        "label": ShownLabel(row.key, version, _lines(version), page.paginator.count, _note(version)),
        "page": page,
        "change": CHANGE,
        "end": END,
    }
    return render(request, "knowledge/label.html", context)


@require_POST
@member_page
def take_off(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a label off one's own entry."""
    entry = reachable_entry(request, pk)
    try:
        entry_labels.take_off(entry_id=entry.pk, label=request.POST.get("label", ""), by=member_of(request), now=now())
    except Refused as problem:
        return entry_page.show(request, entry, problem=problem, status=409)
    messages.success(request, _("The label is taken off."))
    response = redirect("knowledge:entry", pk=entry.pk)
    response["Location"] += "#labels"
    return response


def _note(version: LabelVersion | None) -> AudioNote | None:
    return audio_notes.note_of(version.audio_note_id or "") if version is not None else None


def _lines(version: LabelVersion | None) -> list[str]:
    return terms_lines(version.terms) if version is not None else []
