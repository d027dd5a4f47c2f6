"""Writing: choosing what to add, adding it, changing what is there, and one's own drafts."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from community_ai.core.clock import now
from governance.access import member_of
from governance.models import Member
from governance.refusals import Refused
from knowledge import access
from knowledge.content import InvalidContent, content_of
from knowledge.differences import differences
from knowledge.forms import ROWS_MORE, Choices, EntryForm, initial_of, rows_in, typed_in
from knowledge.kind_words import KIND_WORDS
from knowledge.languages import named_languages
from knowledge.models import Entry, EntryKind, EntryState
from knowledge.services import entries, shelves, writing
from knowledge.services.entries import NewEntry, Stale
from knowledge.services.entry_labels import usable_labels
from knowledge.services.writing import Revision
from knowledge.views import entry_page
from knowledge.views.access import member_page, reachable_entry

PER_PAGE = 50
THEMES_SUGGESTED = 200
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
    """A form that fits the kind. A draft is saved for its author alone."""
    if kind not in EntryKind:
        raise Http404
    chosen, member = EntryKind(kind), member_of(request)
    choices = Choices(_languages(member), usable_labels())
    context: dict[str, Any] = {"words": KIND_WORDS[chosen], "heading": KIND_WORDS[chosen].begin}
    if request.method != "POST":
        given = {name: request.GET[name][:_MOST_FROM_ADDRESS] for name in _FROM_ADDRESS if name in request.GET}
        initial = {"language": _language_of(member), "key": uuid4().hex, **given}
        return _form(request, EntryForm(kind=chosen, choices=choices, initial=initial), context)
    if "more" in request.POST:
        return _form(request, _with_more_rows(request.POST, kind=chosen, choices=choices), context)
    form = EntryForm(request.POST, kind=chosen, choices=choices, rows=rows_in(request.POST))
    if form.is_valid():
        published = "publish" in request.POST
        new = NewEntry(
            kind=chosen,
            language=form.cleaned_data["language"],
            content=form.content(),
            tags=form.tag_names(),
            labels=form.label_keys(),
            import_key=_sent_once(form, member),
        )
        try:
            entry = entries.add(author=member, new=new, publish=published, now=now())
        except Refused as problem:
            _point_at(form, problem)
        else:
            messages.success(request, _added(published))
            return redirect("knowledge:entry", pk=entry.pk)
    return _form(request, form, context, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write the next version. If somebody else wrote one meanwhile, both texts are shown, and nothing typed is lost."""
    entry, member = reachable_entry(request, pk), member_of(request)
    if not entries.may_edit(member, entry):
        return entry_page.show(request, entry, problem=entries.MayNotEdit(), status=403)
    hanging = entry_page.labels_of(entry, member=member)
    usable = usable_labels()
    mine = {label.key: label.version for label in hanging if label.may_take_off and label.version}
    fixed = [label for label in hanging if label.key not in mine]
    free = {key: version for key, version in usable.items() if key not in {label.key for label in fixed}}
    fits: dict[str, Any] = {
        "kind": EntryKind(entry.kind),
        "choices": Choices(_languages(member, besides=entry.language), {**mine, **free}),
        "said": bool(entry.present.pronunciation or entry.present.examples),
        "revising": True,
    }
    context: dict[str, Any] = {
        "words": KIND_WORDS[fits["kind"]],
        "heading": _("Change this entry"),
        "entry": entry,
        "fixed": fixed,
        "before": list(mine),
    }
    if request.method != "POST":
        content = content_of(entry.present)
        initial = initial_of(
            content,
            tags=[tag.name for tag in entry.tags.order_by("key")],
            language=entry.language,
            labels=list(mine),
            kind=entry.kind,
            base=entry.present.number,
        )
        return _form(request, EntryForm(initial=initial, rows=len(content.examples) + 1, **fits), context)
    context["before"] = request.POST.getlist("before")
    if "more" in request.POST:
        return _form(request, _with_more_rows(request.POST, **fits), context)
    form = EntryForm(request.POST, rows=rows_in(request.POST), **fits)
    if form.is_valid():
        wanted, before = set(form.label_keys()), set(context["before"])
        revision = Revision(
            base=form.cleaned_data["base"] or 0,
            content=form.content(),
            kind=EntryKind(form.cleaned_data["kind"]),
            language=form.cleaned_data["language"],
            tags=form.tag_names(),
            change_note=form.cleaned_data["change_note"],
            put=wanted - before,
            # Only what was on the page can have been taken off it.
            take=before - wanted,
        )
        publish = "publish" in request.POST
        try:
            entry = writing.save(entry_id=entry.pk, by=member, revision=revision, publish=publish, now=now())
        except Stale as stale:
            return _compare(request, stale, fits, context)
        except entries.NoSuchEntry:
            raise
        except Refused as problem:
            _point_at(form, problem)
        else:
            messages.success(request, _added(True) if publish else _("Saved."))
            return redirect("knowledge:entry", pk=entry.pk)
    return _form(request, form, context, status=422)


@require_safe
@member_page
def drafts(request: HttpRequest) -> HttpResponse:
    """What the member is still writing, and what was put aside as far as they may reach it."""
    reachable = access.reachable(Entry, member=member_of(request), now=now())
    mine = reachable.filter(state=EntryState.DRAFT, author=member_of(request))
    aside = reachable.filter(state=EntryState.RETIRED)
    context = {
        "drafts": Paginator(shelves.listed(mine.order_by("-changed_at", "pk")), PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "aside": Paginator(shelves.listed(aside.order_by("-changed_at", "pk")), PER_PAGE).get_page(
            request.GET.get("aside")
        ),
    }
    return render(request, "knowledge/drafts.html", context)


def _form(request: HttpRequest, form: EntryForm, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    themes = access.tags(member=member_of(request), now=now()).order_by("key").values_list("name", flat=True)
    shown = {
        **context,
        "form": form,
        "known_themes": list(themes[:THEMES_SUGGESTED]),
        "all_languages": sorted(set(named_languages().values())),
    }
    return render(request, "knowledge/entry_form.html", shown, status=status)


def _with_more_rows(typed: QueryDict, **fits: Any) -> EntryForm:
    form = EntryForm(initial=typed_in(typed), rows=rows_in(typed) + ROWS_MORE, **fits)
    if (first_new := form.fields.get(f"example_{rows_in(typed)}")) is not None:
        first_new.widget.attrs["autofocus"] = True
    return form


def _compare(request: HttpRequest, stale: Stale, fits: dict[str, Any], context: dict[str, Any]) -> HttpResponse:
    """The form with what was typed, over the version that counts now, and that version beside it."""
    typed = request.POST.copy()
    typed["base"] = str(stale.present.number)
    form = EntryForm(typed, rows=rows_in(typed), **fits)
    form.add_error(None, str(stale))
    shown = {
        **context,
        "theirs": stale.present,
        "their_changes": differences(typed.get("body", "").replace("\r\n", "\n"), stale.present.body),
    }
    return _form(request, form, shown, status=409)


def _sent_once(form: EntryForm, member: Member) -> str:
    """The same for a form that is sent twice, by a slow line or an impatient hand: it adds one entry. Another text in
    the same form is another entry."""
    sent = repr((form.cleaned_data["key"], form.content(), form.cleaned_data["language"]))
    return f"form:{member.pk}:{sha256(sent.encode()).hexdigest()}"


def _languages(member: Member, *, besides: str = "") -> list[str]:
    """Languages that the member sees in use, by name, then those of the pages."""
    shown = access.visible(Entry, member=member, now=now())
    used = [shelf.code for shelf in shelves.languages(shown)]
    return list(dict.fromkeys([*used, *filter(None, [besides]), *(code for code, _name in settings.LANGUAGES)]))


def _language_of(member: Member) -> str:
    """The language in which the member wrote last; nothing is chosen for who never wrote."""
    own = access.reachable(Entry, member=member, now=now()).filter(author=member).order_by("-created_at")
    return own.values_list("language", flat=True).first() or ""


def _point_at(form: EntryForm, problem: Refused) -> None:
    field = problem.field if isinstance(problem, InvalidContent) else ""
    field = {"examples": "example_0", "language": "other_language"}.get(field, field)
    form.add_error(field if field in form.fields else None, str(problem))


def _added(published: bool) -> str:
    if published:
        return _("It is part of our knowledge now. Thank you!")
    return _("The draft is kept. Only you see it until you publish it.")
