"""The dictionary of each language."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from community_ai.core.clock import now
from governance.access import member_of
from knowledge import access
from knowledge.languages import InvalidLanguage, direction_of, name_of, normalised
from knowledge.models import Entry
from knowledge.services import shelves
from knowledge.views.access import member_page


@require_safe
@member_page
def dictionaries(request: HttpRequest) -> HttpResponse:
    """The languages that have words or phrases."""
    words = access.visible(Entry, member=member_of(request), now=now()).filter(kind__in=shelves.DICTIONARY_KINDS)
    return render(request, "knowledge/dictionaries.html", {"languages": shelves.languages(words)})


@require_safe
@member_page
def dictionary(request: HttpRequest, tag: str) -> HttpResponse:
    """The words and phrases of one language under their letters, a hundred on a page."""
    try:
        language = normalised(tag)
    except InvalidLanguage:
        raise Http404 from None
    if language != tag:
        return redirect("knowledge:dictionary", tag=language)
    words = shelves.dictionary_of(access.visible(Entry, member=member_of(request), now=now()), language)
    page = Paginator(shelves.listed(words), shelves.PER_PAGE).get_page(request.GET.get("page"))
    letters = shelves.letters(words)
    before = (page.number - 1) * shelves.PER_PAGE
    context = {
        "language": language,
        "name": name_of(language),
        "direction": direction_of(language),
        "letters": letters,
        "shelves": shelves.by_letter(list(page), letters, before=before),
        "before": before,
        "page": page,
    }
    return render(request, "knowledge/dictionary.html", context)
