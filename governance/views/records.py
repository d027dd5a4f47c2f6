"""The record as a story, each entry with its receipt, and everything to take along."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from community_ai.core.clock import now
from governance.access import member_of
from governance.audit.kinds import entry_kinds, technical_kinds
from governance.models import AuditCheckpoint, AuditEntry, Member
from governance.models.audit import AuditEntryQuerySet
from governance.services import audit, audit_story
from governance.services.audit_export import lines
from governance.services.checkpoint_file import FileDamaged

PER_PAGE = 25
EVERYTHING = "all"


class RecordFilter(forms.Form):
    """Which part of the story to read: a kind, a time, a person."""

    kind = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    person = forms.ModelChoiceField(
        Member.objects.order_by("username"),
        label=gettext_lazy("Who"),
        required=False,
        empty_label=gettext_lazy("Everybody"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            ("", _("What people did")),
            (EVERYTHING, _("Everything, with each change of a row")),
            *((kind.key, kind.label) for kind in entry_kinds()),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("since") and cleaned.get("until") and cleaned["until"] < cleaned["since"]:
            self.add_error("until", _("This day is before the first one."))
        return cleaned

    def entries(self) -> AuditEntryQuerySet:
        """The entries that the form asks for; the story of what people did while it asks for something impossible."""
        asked = self.cleaned_data if self.is_valid() else {}
        found: AuditEntryQuerySet = AuditEntry.objects.all()
        if not asked.get("kind"):
            found = found.exclude(kind__in=technical_kinds())
        elif asked["kind"] != EVERYTHING:
            found = found.filter(kind=asked["kind"])
        if asked.get("person"):
            pseudonym = getattr(asked["person"], "pseudonym", None)
            found = found.of_person(pseudonym.name) if pseudonym else found.none()
        return found.between(since=_day(asked.get("since")), until=_day(asked.get("until"), days=1))


def _day(day: Any, *, days: int = 0) -> datetime | None:
    """The moment at which a day begins here, or `days` later; None for none and for one outside the calendar."""
    if day is None:
        return None
    try:
        return timezone.make_aware(datetime.combine(day + timedelta(days=days), time.min)).astimezone(UTC)
    except OverflowError:
        return None


@login_required
@require_safe
def records(request: HttpRequest) -> HttpResponse:
    """The story, the newest first."""
    form = RecordFilter(request.GET or None)
    page = Paginator(form.entries().select_related(None).order_by("-index"), PER_PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    return render(
        request,
        "governance/records.html",
        {
            "form": form,
            "page": page,
            "told": audit_story.tell(page.object_list, reader=member_of(request)),
            "asked": asked.urlencode(),
            "newest": AuditCheckpoint.objects.order_by("-size").first(),
            "record_key": audit.record_key().encode(),
        },
    )


@login_required
@require_safe
def entry(request: HttpRequest, index: int) -> HttpResponse:
    """One entry: its sentence, what exactly it says, and how to check it."""
    row = get_object_or_404(AuditEntry, pk=index)
    (told,) = audit_story.tell([row], reader=member_of(request))
    return render(
        request,
        "governance/record_entry.html",
        {
            "told": told,
            "covered_by": AuditCheckpoint.objects.filter(size__gt=index).order_by("size").first(),
            "record_key": audit.record_key().encode(),
        },
    )


@login_required
@require_safe
def receipt(request: HttpRequest, index: int) -> HttpResponse:
    """The receipt as a file. An entry that no checkpoint covers yet gets one now."""
    row = get_object_or_404(AuditEntry, pk=index)
    try:
        try:
            data = audit.receipt_for(row, member_of(request))
        except audit.NoCheckpointYet:
            audit.checkpoint(now=now())
            data = audit.receipt_for(row, member_of(request))
    except (audit.RecordForked, FileDamaged):
        messages.error(
            request, _("The record does not hold at the moment, so nothing is signed. Please tell the operator.")
        )
        return redirect("governance:record_entry", index=index)
    return _download(data, "application/json", f"receipt-{index}.json")


@login_required
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """What the filter shows, as JSON Lines, with the newest checkpoint at the end."""
    entries = RecordFilter(request.GET or None).entries()
    return _download(b"".join(lines(entries, reader=member_of(request))), "application/jsonl", "record.jsonl")


def _download(data: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
