"""Adding to the knowledge: choosing what it is, and writing it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from community_ai.core.clock import now
from consent.offering import Offer
from consent.purposes import Purpose, Way
from governance.access import member_of
from governance.models import Member
from governance.refusals import Refused
from knowledge.forms import Choices, EntryForm, rows_in
from knowledge.kind_words import KIND_WORDS
from knowledge.models import EntryKind
from knowledge.services import entries
from knowledge.services.entries import NewEntry
from knowledge.services.entry_labels import usable_labels
from knowledge.views import entry_forms
from knowledge.views.access import member_page

# What a link may fill in, for example from a question that nobody has answered yet.
_FROM_ADDRESS = ("title", "body", "tags", "language")
_MOST_FROM_ADDRESS = 500


@require_safe
@member_page
def choose_kind(request: HttpRequest) -> HttpResponse:
    return render(request, "knowledge/choose_kind.html", {"kinds": list(KIND_WORDS.items())})


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """A form that fits the kind; what is written is published, or kept as a draft for its author alone."""
    if kind not in EntryKind:
        raise Http404
    member, words = member_of(request), KIND_WORDS[EntryKind(kind)]
    fits: dict[str, Any] = {
        "kind": EntryKind(kind),
        "choices": Choices(entry_forms.languages_for(member), usable_labels()),
    }
    offer = Offer(request, Purpose.KNOWLEDGE, way=Way.ENTRY)
    context = {"words": words, "heading": words.begin, "offer": offer}
    if request.method != "POST":
        given = {name: request.GET[name][:_MOST_FROM_ADDRESS] for name in _FROM_ADDRESS if name in request.GET}
        initial = {"language": entry_forms.language_of(member), "key": uuid4().hex, **given}
        return entry_forms.show(request, EntryForm(initial=initial, **fits), context)
    if "more" in request.POST:
        return entry_forms.show(request, entry_forms.with_more_rows(request.POST, **fits), context)
    form = EntryForm(request.POST, rows=rows_in(request.POST), **fits)
    publish = "publish" in request.POST
    if form.is_valid():
        try:
            offer.accept(now=now())
            entry = entries.add(author=member, new=_new(form, member), publish=publish, now=now())
        except Refused as problem:
            entry_forms.point_at(form, problem)
        else:
            messages.success(request, entry_forms.added(publish))
            return redirect("knowledge:entry", pk=entry.pk)
    return entry_forms.show(request, form, context, status=422)


def _new(form: EntryForm, member: Member) -> NewEntry:
    content, language = form.content(), form.cleaned_data["language"]
    # A form that is sent twice, by a slow line or an impatient hand, adds one entry; another text is another entry.
    sent = repr((form.cleaned_data["key"], content, language))
    return NewEntry(
        kind=form.kind,
        language=language,
        content=content,
        tags=form.tag_names(),
        labels=form.label_keys(),
        import_key=f"form:{member.pk}:{sha256(sent.encode()).hexdigest()}",
    )
