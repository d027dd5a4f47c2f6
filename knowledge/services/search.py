"""Searching passages by words and trigrams, and entries by their titles. Any text is a question; none is an error.

What somebody may not have is left out inside the query (`knowledge.access`): it takes no place and shows in no order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from governance.models import Member
from knowledge import access, ranking, titles
from knowledge.content import tidy
from knowledge.folding import fold, grams, words
from knowledge.index.frequencies import FREQUENCIES
from knowledge.index.lookup import Allowed, allowed_among, holding
from knowledge.index.tables import TRIGRAMS, WORDS
from knowledge.models import Entry, EntryKind, Passage
from knowledge.rules_of_use import Use

LIMIT = 20
# A longer question is searched for by its beginning.
MAX_QUESTION = 1_000
# How many candidates the index gives each way.
_CANDIDATES = 30
# How many places in the index one question may look at: it bounds the time that a question takes, whatever the number
# of passages. With these the right passage is among the candidates as often as with all terms (docs/decisions/0017).
_BUDGETS = {WORDS: 4_000, TRIGRAMS: 4_000}
_LEAST_TERMS = 3
# Kinds that are named inside a question; titles of the others are whole questions.
_NAMED = (EntryKind.TERM, EntryKind.PHRASE)


@dataclass(frozen=True)
class Ranking:
    """Ids of passages, the best first, by the words and by the runs of characters that they share with a question."""

    words: list[int] = field(default_factory=list)
    trigrams: list[int] = field(default_factory=list)


def ranked(
    query: str,
    *,
    member: Member | None,
    use: Use,
    now: datetime,
    limit: int = LIMIT,
    within: Q | None = None,
    allowed: Allowed | None = None,
) -> Ranking:
    """The passages that share the most with `query`, among those that `use` may have (see `access.usable`).

    `within` narrows the passages further, such as Q(language="qu") or Q(entry__kind=EntryKind.TERM). `allowed` is that
    condition where the caller has made it already, for this member, use and moment; `within` then counts for nothing.
    """
    folded = fold(tidy(query[:MAX_QUESTION]))
    terms, runs = words(folded), grams(folded, ranking.RUN)
    if not terms:
        return Ranking()
    if allowed is None:
        passages = access.usable(Passage, member=member, use=use, now=now)
        allowed = allowed_among(passages if within is None else passages.filter(within))
    if allowed is None:
        return Ranking()
    total = FREQUENCIES.refresh(access.in_service(Passage))
    of_words = FREQUENCIES.of(WORDS, terms)
    of_trigrams = FREQUENCIES.of(TRIGRAMS, grams(folded, 3))
    found: dict[int, None] = {}
    for table, frequencies in ((WORDS, of_words), (TRIGRAMS, of_trigrams)):
        chosen = ranking.rarest(frequencies, budget=_BUDGETS[table], least=_LEAST_TERMS)
        weights = {term: ranking.rarity(frequencies[term], total) for term in chosen}
        found.update(dict.fromkeys(holding(table, weights, allowed=allowed, limit=max(limit, _CANDIDATES))))
    texts = dict(access.in_service(Passage).filter(pk__in=found).values_list("pk", "folded"))
    by_words = {f" {term} ": ranking.rarity(of_words[term], total) for term in terms}
    of_runs = ranking.runs_of_four(runs, of_trigrams)
    by_runs = {run: ranking.rarity(of_runs[run], total) for run in runs}
    return Ranking(
        words=ranking.order(texts, by_words)[:limit],
        trigrams=ranking.order(texts, by_words | by_runs)[:limit],
    )


def exact(
    query: str, *, member: Member | None, use: Use, now: datetime, limit: int = 5, within: Q | None = None
) -> list[Entry]:
    """Entries whose title is the query, and words and phrases that stand in it as a whole, the longest first.

    What differs only by its diacritics comes after what is equal. `within` narrows the entries, as in `ranked`.
    """
    text = tidy(query[:MAX_QUESTION])
    found: dict[object, Entry] = {}
    for field_name, form in (("title_key", titles.key), ("title_plain", titles.plain)):
        whole, parts = form(text), titles.candidates(text if form is titles.key else titles.plain(text))
        if not whole:
            return []
        # First by the index of titles alone: with the other conditions SQLite would walk through all entries.
        named = list(
            access.in_service(Entry).filter(**{f"{field_name}__in": parts}).order_by().values_list("pk", flat=True)
        )
        if not named:
            continue
        entries = access.usable(Entry, member=member, use=use, now=now).select_related("present")
        allowed = entries.filter(within or Q(), Q(kind__in=_NAMED) | Q(**{field_name: whole}), pk__in=named)
        rows = sorted(allowed, key=lambda row: (-len(getattr(row, field_name)), row.created_at, row.pk))
        for row in rows:
            found.setdefault(row.pk, row)
    return list(found.values())[:limit]
