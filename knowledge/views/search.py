"""Searching what the community knows, and looking through it without words."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from community_ai.core.clock import now
from governance.access import member_of
from knowledge import access
from knowledge.languages import name_of
from knowledge.models import Entry, EntryKind
from knowledge.services import finding, shelves
from knowledge.views.access import member_page

PER_PAGE = 50
MOST_LETTERS = 200


@require_safe
@member_page
def search(request: HttpRequest) -> HttpResponse:
    """Entries with these words, of this kind, in this language; without words, all of them in alphabetical order."""
    member, moment = member_of(request), now()
    query = words_asked(request)
    shown = access.visible(Entry, member=member, now=moment)
    kinds, languages = shelves.kinds(shown), shelves.languages(shown)
    # A filter that nothing stands behind is left out: it may be a mistyped address.
    kind = EntryKind(request.GET["kind"]) if request.GET.get("kind") in kinds else None
    language = next((shelf.code for shelf in languages if shelf.code == request.GET.get("language")), "")
    context: dict[str, Any] = {
        "query": query,
        "kind": kind,
        "language": language,
        "language_called": name_of(language) if language else "",
        "kinds": [_choice(query, each.value, language, each.label) for each in EntryKind if each in kinds],
        "languages": [_choice(query, kind or "", shelf.code, shelf.name) for shelf in languages],
        "without_kind": _address(query, "", language),
        "without_language": _address(query, kind or "", ""),
    }
    if query:
        context["found"] = finding.find(query=query, member=member, now=moment, kind=kind, language=language)
        context["most"] = finding.LIMIT
    else:
        narrowed = shown.filter(**{k: v for k, v in (("kind", kind), ("language", language)) if v})
        context["page"] = Paginator(shelves.listed(narrowed), PER_PAGE).get_page(request.GET.get("page"))
        context["address"] = _address("", kind or "", language)
    return render(request, "knowledge/search.html", context)


def words_asked(request: HttpRequest) -> str:
    """The words that somebody searches for, on one line."""
    return " ".join(request.GET.get("q", "").replace("\x00", "").split())[:MOST_LETTERS]


def _choice(query: str, kind: str, language: str, label: Any) -> dict[str, Any]:
    return {"label": label, "kind": kind, "language": language, "address": _address(query, kind, language)}


def _address(query: str, kind: str, language: str) -> str:
    """The part of an address behind the question mark."""
    return urlencode({k: str(v) for k, v in (("q", query), ("kind", kind), ("language", language)) if v})
