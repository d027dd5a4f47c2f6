"""Changing an entry: the next version, its labels and themes, and what happens when two write at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from community_ai.core.clock import now
from consent.offering import Offer
from consent.purposes import Purpose, Way
from governance.access import member_of
from governance.models import Member
from governance.refusals import Refused
from knowledge.content import content_of
from knowledge.differences import differences
from knowledge.forms import Choices, EntryForm, initial_of, rows_in
from knowledge.kind_words import KIND_WORDS
from knowledge.models import Entry, EntryKind, LabelVersion
from knowledge.services import entries, writing
from knowledge.services.entries import Stale
from knowledge.services.entry_labels import usable_labels
from knowledge.services.writing import Revision
from knowledge.views import entry_forms, entry_page
from knowledge.views.access import member_page, reachable_entry


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write the next version. If somebody else wrote one meanwhile, both texts are shown, and nothing typed is lost."""
    entry, member = reachable_entry(request, pk), member_of(request)
    if not entries.may_edit(member, entry):
        return entry_page.show(request, entry, problem=entries.MayNotEdit(), status=403)
    hanging = entry_page.labels_of(entry, member=member)
    own = {label.key: label.version for label in hanging if label.may_take_off and label.version}
    fixed = [label for label in hanging if label.key not in own]
    fits = _fits(entry, member, own, besides={label.key for label in fixed})
    # Whose entry it is decides whether the AI may use it, not who else changes it.
    offer = Offer(request, *([Purpose.KNOWLEDGE] if entry.author_id == member.pk else []), way=Way.ENTRY)
    context: dict[str, Any] = {
        "offer": offer,
        "words": KIND_WORDS[fits["kind"]],
        "heading": _("Change this entry"),
        "entry": entry,
        "fixed": fixed,
        # What hung there when the page was made: only that can be taken off by not choosing it.
        "before": request.POST.getlist("before") if request.method == "POST" else list(own),
    }
    if request.method != "POST":
        return entry_forms.show(request, _unchanged(entry, list(own), fits), context)
    if "more" in request.POST:
        return entry_forms.show(request, entry_forms.with_more_rows(request.POST, **fits), context)
    form = EntryForm(request.POST, rows=rows_in(request.POST), **fits)
    publish = "publish" in request.POST
    if form.is_valid():
        revision = _revision(form, before=set(context["before"]))
        try:
            offer.accept(now=now())
            writing.save(entry_id=entry.pk, by=member, revision=revision, publish=publish, now=now())
        except Stale as stale:
            return _compare(request, stale, fits, context)
        except entries.NoSuchEntry:
            raise
        except Refused as problem:
            entry_forms.point_at(form, problem)
        else:
            messages.success(request, entry_forms.added(True) if publish else _("Saved."))
            return redirect("knowledge:entry", pk=entry.pk)
    return entry_forms.show(request, form, context, status=422)


def _fits(entry: Entry, member: Member, own: dict[str, LabelVersion], *, besides: set[str]) -> dict[str, Any]:
    """How the form fits the entry. Labels that only a decision takes off are not among its choices."""
    free = {key: version for key, version in usable_labels().items() if key not in besides}
    return {
        "kind": EntryKind(entry.kind),
        "choices": Choices(entry_forms.languages_for(member, besides=entry.language), {**own, **free}),
        "said": bool(entry.present.pronunciation or entry.present.examples),
        "revising": True,
    }


def _unchanged(entry: Entry, labels: list[str], fits: dict[str, Any]) -> EntryForm:
    content = content_of(entry.present)
    initial = initial_of(
        content,
        tags=[tag.name for tag in entry_page.themes_of(entry)],
        language=entry.language,
        labels=labels,
        kind=entry.kind,
        base=entry.present.number,
    )
    return EntryForm(initial=initial, rows=len(content.examples) + 1, **fits)


def _revision(form: EntryForm, *, before: set[str]) -> Revision:
    wanted = set(form.label_keys())
    return Revision(
        base=form.cleaned_data["base"] or 0,
        content=form.content(),
        kind=EntryKind(form.cleaned_data["kind"]),
        language=form.cleaned_data["language"],
        tags=form.tag_names(),
        change_note=form.cleaned_data["change_note"],
        put=wanted - before,
        take=before - wanted,
    )


def _compare(request: HttpRequest, stale: Stale, fits: dict[str, Any], context: dict[str, Any]) -> HttpResponse:
    """The form with what was typed, over the version that counts now, and that version beside it."""
    typed = request.POST.copy()
    typed["base"] = str(stale.present.number)
    form = EntryForm(typed, rows=rows_in(typed), **fits)
    form.add_error(None, str(stale))
    mine = form.cleaned_data.get("body", "")
    shown = {**context, "theirs": stale.present, "their_changes": differences(mine, stale.present.body)}
    return entry_forms.show(request, form, shown, status=409)
