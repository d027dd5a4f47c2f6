"""The entry's form where a teacher writes it for somebody: filled in, shown with what it is about, and published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise

from community_ai.core.clock import now
from consent.offering import Offer
from consent.purposes import Purpose, Way
from governance.access import member_of
from governance.refusals import Refused
from knowledge.forms import Choices, EntryForm, rows_in
from knowledge.kind_words import KIND_WORDS
from knowledge.models import EntryKind
from knowledge.services.entries import NewEntry
from knowledge.services.entry_labels import usable_labels
from knowledge.views import entry_forms

# What an answer can become: a question with its answer first of all.
KINDS = (EntryKind.QUESTION, EntryKind.TERM, EntryKind.PHRASE, EntryKind.NOTE)


def write(
    request: HttpRequest,
    *,
    kind: str,
    page: str,
    given: Mapping[str, str],
    key: str,
    context: Mapping[str, Any],
    publish: Callable[[NewEntry, str], HttpResponse],
) -> HttpResponse:
    """Show the form on the template `page` with what is `given`; once it is whole, `publish(entry, key)` answers.

    `key` says what the page shows beside the form, and comes back with it. What `publish` refuses stands in the form.
    Raises Http404 for a kind that is not among KINDS.
    """
    if kind not in KINDS:
        raise Http404
    words = KIND_WORDS[EntryKind(kind)]
    member = member_of(request)
    fits: dict[str, Any] = {
        "kind": EntryKind(kind),
        "choices": Choices(entry_forms.languages_for(member), usable_labels()),
    }
    offer = Offer(request, Purpose.KNOWLEDGE, way=Way.ENTRY)
    shown: dict[str, Any] = {
        **context,
        "offer": offer,
        "words": words,
        "chosen": EntryKind(kind),
        "kinds": kind_choices(),
    }
    if request.method != "POST":
        initial = {"language": entry_forms.language_of(member), **given, "key": key}
        return entry_forms.show(request, EntryForm(initial=initial, **fits), shown, page=page)
    typed = request.POST.copy()
    sent = typed.get("key", "")
    # The page is shown again with what is there now: that is what the next try is about.
    typed["key"] = key
    if "more" in request.POST:
        return entry_forms.show(request, entry_forms.with_more_rows(typed, **fits), shown, page=page)
    form, status = EntryForm(typed, rows=rows_in(typed), **fits), 422
    if form.is_valid():
        try:
            offer.accept(now=now())
            return publish(_new(form), sent)
        except Refused as problem:
            entry_forms.point_at(form, problem)
            status = 409 if not getattr(problem, "field", "") else 422
    return entry_forms.show(request, form, shown, status=status, page=page)


def kind_choices() -> list[tuple[str, str | Promise]]:
    return [(kind.value, kind.label) for kind in KINDS]


def _new(form: EntryForm) -> NewEntry:
    return NewEntry(
        kind=form.kind,
        language=form.cleaned_data["language"],
        content=form.content(),
        tags=form.tag_names(),
        labels=form.label_keys(),
    )
