"""Finding entries for a page: by title first, then by what their passages say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from community_ai.core.markdown import render_markdown, spoken
from governance.models import Member
from knowledge import access, titles
from knowledge.excerpts import Excerpt, excerpt
from knowledge.models import Entry, EntryKind, Passage
from knowledge.rules_of_use import Use
from knowledge.services import search, shelves

LIMIT = 30


@dataclass(frozen=True)
class Found:
    """An entry, and where the words stand in it."""

    entry: Entry
    excerpt: Excerpt


def find(
    *, query: str, member: Member, now: datetime, kind: EntryKind | None = None, language: str = ""
) -> list[Found]:
    """What the member may see that answers to the words, the best first, at most `LIMIT`.

    Titles come first: those that are the words, those that begin with them, those that hold them. The number of queries
    does not depend on what is found.
    """
    shown = access.visible(Entry, member=member, now=now)
    narrowed, within_entries, within_passages = shown, Q(), Q()
    if kind is not None:
        within_entries &= Q(kind=kind)
        within_passages &= Q(entry__kind=kind)
    if language:
        within_entries &= Q(language=language)
        within_passages &= Q(entry__language=language)
    narrowed = shown.filter(within_entries)
    order: dict[UUID, str] = {}
    named = search.exact(query, member=member, use=Use.SEE, now=now, limit=LIMIT, within=within_entries)
    order.update({entry.pk: "" for entry in named})
    if plain := titles.plain(query[: search.MAX_QUESTION]):
        for lookup in ("startswith", "contains"):
            alike = narrowed.filter(**{f"title_plain__{lookup}": plain}).values_list("pk", flat=True)[:LIMIT]
            order.update({pk: "" for pk in alike if pk not in order})
    ranking = search.ranked(query, member=member, use=Use.SEE, now=now, limit=LIMIT, within=within_passages)
    places = dict.fromkeys([*ranking.trigrams, *ranking.words])
    passages = access.visible(Passage, member=member, now=now).in_bulk(places)
    for pk in places:
        if (passage := passages.get(pk)) is not None and not order.get(passage.entry_id):
            order[passage.entry_id] = passage.text
    wanted = list(order)[:LIMIT]
    entries = shelves.listed(narrowed).in_bulk(wanted)
    return [
        Found(entries[pk], _excerpt([entries[pk].short, order[pk]], query))  # type: ignore[attr-defined]
        for pk in wanted
        if pk in entries
    ]


def _excerpt(texts: Iterable[str], query: str) -> Excerpt:
    """From the first of these texts that holds some of the words, or else the beginning of the first."""
    found = [excerpt(spoken(render_markdown(text)), query) for text in filter(None, texts)]
    return next((each for each in found if each.found), found[0])
