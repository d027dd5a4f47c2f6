"""One order out of several: pure.

Words and trigrams each rank passages; ranks are made comparable by their reciprocals (reciprocal rank fusion, Cormack,
Clarke and Büttcher, SIGIR 2009). Cosines of embeddings are comparable as they are and enter by value, because a rank
forgets by how much the first is better (compare Bruch, Gai and Ingber 2023, arXiv 2210.11934). What the words say
counts as far as they cover the question: a question in another language than the passages covers hardly anything, and
then meaning decides alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True, slots=True)
class Weights:
    """What each sign is worth beside a cosine. Found on half of XQuAD's articles (docs/retrieval.md).

    `k` is the constant of the reciprocal ranks; the best rank is worth the weight itself. `found` and `answers` are the
    coverages between which the words begin to count: for the order in which passages are found, and for telling which
    of them answers a question that is put in other words than the passage.
    """

    words: float = 0.04
    trigrams: float = 0.04
    covered: float = 0.08
    covered_by_sentence: float = 0.12
    k: float = 10.0
    found: tuple[float, float] = (0.1, 0.4)
    answers: tuple[float, float] = (0.2, 0.8)


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for one passage.

    Ranks begin at 0, None where the ranking does not hold it. `near` and `sentence_near` are the cosines of the passage
    and of its best sentence, None without vectors. `covered` and `sentence_covered` are shares of the question, 0 to 1.
    """

    words_rank: int | None = None
    trigrams_rank: int | None = None
    near: float | None = None
    sentence_near: float | None = None
    covered: float = 0.0
    sentence_covered: float = 0.0
    anywhere: float = 1.0


def reciprocal(rank: int | None, k: float) -> float:
    """1 for the first, k / (k + rank) for the others, 0 for what is not ranked."""
    return 0.0 if rank is None else k / (k + rank)


def gate(coverage: float, bounds: tuple[float, float]) -> float:
    """How far words count when the best sentence of all covers so much of the question: 0 to 1 between the bounds."""
    low, high = bounds
    return min(1.0, max(0.0, (coverage - low) / (high - low)))


def fuse(
    signs: Sequence[Signs], weights: Weights = WEIGHTS, *, bounds: tuple[float, float] = WEIGHTS.found
) -> list[float]:
    """The score of each passage beside the others; higher is better. `bounds` are those of `gate`.

    A passage that has no vector yet counts as near as the others are on average, so that it is neither lost nor
    preferred. Without any vectors the words decide, whatever they cover.
    """
    meanings = [_meaning(each) for each in signs]
    known = [meaning for meaning in meanings if meaning is not None]
    average = fmean(known) if known else 0.0
    share = gate(max((each.sentence_covered for each in signs), default=0.0), bounds) if known else 1.0
    return [
        (average if meaning is None else meaning) + share * _words(each, weights)
        for each, meaning in zip(signs, meanings, strict=True)
    ]


def _meaning(signs: Signs) -> float | None:
    if signs.near is None:
        return None
    return signs.near + (signs.near if signs.sentence_near is None else signs.sentence_near)


def _words(signs: Signs, weights: Weights) -> float:
    return (
        weights.words * reciprocal(signs.words_rank, weights.k)
        + weights.trigrams * reciprocal(signs.trigrams_rank, weights.k)
        + weights.covered * signs.covered
        + weights.covered_by_sentence * signs.sentence_covered
    )
