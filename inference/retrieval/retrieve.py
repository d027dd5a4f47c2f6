"""From a question to the passages that may answer it, best first."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from uuid import UUID

import numpy as np
import numpy.typing as npt

from governance.models import Member
from inference.models import PassageVector
from inference.retrieval.coverage import Coverage, Text, coverage
from inference.retrieval.embedder import Embedder, embedder
from inference.retrieval.fusion import WEIGHTS, Signs, fuse, gate
from inference.retrieval.packing import unpack
from inference.retrieval.sentences import sentences
from inference.retrieval.vectors import VectorTable
from knowledge.access import in_service, usable
from knowledge.index.lookup import Allowed, allowed_among, kept
from knowledge.models import Passage
from knowledge.rules_of_use import Use
from knowledge.services import search

MAX_QUESTION = 1_000
"""Characters of a question that are searched for: its end, where what is asked stands under what was pasted."""

# How many candidates each ranking gives. XQuAD's right passage is among them in 99.9 % of the questions in one
# language, and in 97 % across two (docs/retrieval.md).
FROM_MEANING = 24
FROM_WORDS = 12
LIMIT = 5


class Why(StrEnum):
    """What brought a passage in."""

    EXACT = "exact"  # the question names its title
    WORDS = "words"
    TRIGRAMS = "trigrams"
    MEANING = "meaning"


@dataclass(frozen=True)
class Found:
    """A passage that may answer, with its score beside the others of the same question, and with the one that tells
    which of them answers (`Weights.answers`).

    `sentences` are the passage's, and `sentence_scores` say how well each answers, in the same measure for all passages
    of one question. `signs` is what the score was made of.
    """

    passage: Passage
    score: float
    answers: float
    why: frozenset[Why]
    signs: Signs
    sentences: tuple[str, ...]
    sentence_scores: tuple[float, ...]


def retrieve(
    question: str,
    *,
    member: Member,
    now: datetime,
    limit: int = LIMIT,
    use: Use = Use.QUOTE,
    without: UUID | None = None,
) -> list[Found]:
    """The passages that may answer `question`, best first, as far as `member` may have them in this use.

    Passages whose title the question names come first. Every candidate is asked for through `knowledge.access` at this
    moment: nothing else is ranked, and nothing is remembered between two questions but vectors. Takes about 40 ms.
    `without` leaves an entry's candidates out, to measure what is said where a note is missing.
    """
    asked = question.strip()[-MAX_QUESTION:]
    if not asked:
        return []
    # While the engine computes the question's vector on one core, the database is asked on another.
    model = embedder()
    pending = _embedding().submit(model.queries, [asked]) if model else None
    allowed = allowed_among(usable(Passage, member=member, use=use, now=now))
    if allowed is None:
        return []
    exact = _named(asked, member=member, use=use, now=now, allowed=allowed)
    ranked = search.ranked(asked, member=member, use=use, now=now, limit=FROM_WORDS, allowed=allowed)
    vector, near = None, []
    if model and pending:
        vector = pending.result()[0]
        near = _table(model.name, model.dimension).nearest(
            vector, limit=FROM_MEANING, allowed=lambda ids: kept(ids, allowed=allowed)
        )
    wanted = list(dict.fromkeys([*exact, *ranked.words, *ranked.trigrams, *near]))
    # All of these came through the door above; what was deleted meanwhile is missing.
    passages = in_service(Passage).in_bulk(wanted)
    rows = [passages[pk] for pk in wanted if pk in passages and passages[pk].entry_id != without]
    means = _cosines(rows, model, vector) if model is not None and vector is not None else {}
    found = _weighed(asked, rows, means, words=ranked.words, trigrams=ranked.trigrams, exact=exact, near=near)
    named = {pk: place for place, pk in enumerate(exact)}
    found.sort(key=lambda each: (named.get(each.passage.pk, len(named)), -each.score))
    return found[:limit]


def forget_vectors() -> None:
    """Drop the vectors that this process holds; the next question loads them again."""
    _table.cache_clear()


def _named(asked: str, *, member: Member, use: Use, now: datetime, allowed: Allowed) -> list[int]:
    """The first passages of the entries that the question names, in the order of the entries."""
    entries = [entry.pk for entry in search.exact(asked, member=member, use=use, now=now)]
    first = in_service(Passage).filter(entry__in=entries, position=0).values_list("entry", "pk") if entries else ()
    places = {pk: entries.index(entry) for entry, pk in first}
    return sorted(kept(list(places), allowed=allowed), key=places.__getitem__)


@lru_cache(maxsize=1)
def _table(name: str, dimension: int) -> VectorTable:
    return VectorTable(name, dimension)


@cache
def _embedding() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "embedding")


# A process that was forked from this one has no such thread, and must make its own.
os.register_at_fork(after_in_child=_embedding.cache_clear)


@dataclass(frozen=True)
class _Cosines:
    whole: float
    sentences: tuple[float, ...]


def _cosines(rows: Sequence[Passage], model: Embedder, vector: npt.NDArray[np.float32]) -> dict[int, _Cosines]:
    """How near each passage and its sentences are, for those that have vectors."""
    # Not also by the model: SQLite would go through all vectors of that model instead of these passages.
    stored = PassageVector.objects.filter(passage__in=[row.pk for row in rows])
    found = {}
    for passage_id, name, whole, parts in stored.values_list("passage_id", "model", "whole", "sentences"):
        if name != model.name:
            continue
        near = unpack(bytes(whole) + bytes(parts), model.dimension) @ vector
        found[passage_id] = _Cosines(float(near[0]), tuple(near[1:].tolist()))
    return found


def _weighed(
    asked: str,
    rows: Sequence[Passage],
    means: dict[int, _Cosines],
    *,
    words: Sequence[int],
    trigrams: Sequence[int],
    exact: Sequence[int],
    near: Sequence[int],
) -> list[Found]:
    cut = [tuple(sentences(row.text)) for row in rows]
    covered = coverage(asked, [Text(row.title, each) for row, each in zip(rows, cut, strict=True)])
    words_ranks = {pk: rank for rank, pk in enumerate(words)}
    trigrams_ranks = {pk: rank for rank, pk in enumerate(trigrams)}
    cosines = [_of_sentences(means.get(row.pk), each) for row, each in zip(rows, cut, strict=True)]
    signs = [
        Signs(
            words_rank=words_ranks.get(row.pk),
            trigrams_rank=trigrams_ranks.get(row.pk),
            near=means[row.pk].whole if row.pk in means else None,
            sentence_near=max(each, default=None),
            covered=share.whole,
            sentence_covered=share.best,
            anywhere=share.anywhere,
        )
        for row, each, share in zip(rows, cosines, covered, strict=True)
    ]
    most = max((each.sentence_covered for each in signs), default=0.0)
    share_of_words = gate(most, WEIGHTS.found) if means else 1.0
    brought = {Why.EXACT: set(exact), Why.WORDS: words_ranks, Why.TRIGRAMS: trigrams_ranks, Why.MEANING: set(near)}
    return [
        Found(
            passage=row,
            score=score,
            answers=answers,
            why=frozenset(why for why, those in brought.items() if row.pk in those),
            signs=sign,
            sentences=texts,
            sentence_scores=_sentence_scores(near_parts, share, share_of_words),
        )
        for row, score, answers, sign, texts, near_parts, share in zip(
            rows, fuse(signs), fuse(signs, bounds=WEIGHTS.answers), signs, cut, cosines, covered, strict=True
        )
    ]


def _of_sentences(means: _Cosines | None, texts: Sequence[str]) -> tuple[float, ...]:
    """The sentences' cosines; none where the stored ones belong to another cut of the text."""
    return means.sentences if means is not None and len(means.sentences) == len(texts) else ()


def _sentence_scores(near: Sequence[float], share: Coverage, share_of_words: float) -> tuple[float, ...]:
    words = [WEIGHTS.covered_by_sentence * share_of_words * each for each in share.sentences]
    return tuple(a + b for a, b in zip(near or [0.0] * len(words), words, strict=True))
