"""The first page of knowledge: what is there, what is new, and the doors to it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from community_ai.core.clock import now
from governance.access import member_of
from knowledge import access
from knowledge.meaning_search import progress_for
from knowledge.models import Entry, EntryKind, EntryState
from knowledge.services import shelves
from knowledge.views.access import member_page

LATEST = 6
MOST_LANGUAGES = 12


@require_safe
@member_page
def home(request: HttpRequest) -> HttpResponse:
    member, moment = member_of(request), now()
    shown = access.visible(Entry, member=member, now=moment)
    kinds = shelves.kinds(shown)
    waiting = access.reachable(Entry, member=member, now=moment).filter(author=member, state=EntryState.DRAFT)
    dictionaries = shelves.languages(shown.filter(kind__in=shelves.DICTIONARY_KINDS))
    context = {
        "total": sum(kinds.values()),
        "doors": [(kind, kinds[kind]) for kind in EntryKind if kind in kinds and kind not in shelves.DICTIONARY_KINDS],
        "dictionaries": dictionaries[:MOST_LANGUAGES],
        "more_dictionaries": len(dictionaries) > MOST_LANGUAGES,
        "themes": access.tags(member=member, now=moment).count(),
        "meaning": progress_for(member, now=moment),
        "drafts": waiting.count(),
        "latest": shelves.listed(shown.order_by("-created_at", "pk"))[:LATEST],
    }
    return render(request, "knowledge/home.html", context)
