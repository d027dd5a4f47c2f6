"""Ordering passages by the words and the characters that they share with a question: a pure core.

Scores are BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009), once over words and once over
runs of four characters of the folded text (`knowledge.folding`), spaces included: these see inflected forms, and which
words stand beside each other, in every script. The index only finds the candidates; they are few, so that looking at
all of a question is cheap here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

K1 = 1.2
B = 0.75
RUN = 4
# Terms that one look-up asks for, and how many more that seem to stand nowhere.
MOST_TERMS, MOST_ABSENT = 64, 16


def rarity(frequency: int, total: int) -> float:
    """What a term tells that stands in `frequency` of `total` passages: 0 for what stands everywhere."""
    return math.log(1 + max(0.0, total - frequency + 0.5) / (frequency + 0.5))


def rarest(frequencies: Mapping[str, int], *, budget: int, least: int) -> list[str]:
    """The rarest terms whose frequencies together stay within `budget`, at least `least` of those that are there.

    Some that stand nowhere follow: their frequencies may have been read a while ago.
    """
    chosen: list[str] = []
    spent = 0
    for term in sorted(filter(frequencies.__getitem__, frequencies), key=frequencies.__getitem__)[:MOST_TERMS]:
        spent += frequencies[term]
        if spent > budget and len(chosen) >= least:
            break
        chosen.append(term)
    absent = [term for term, frequency in frequencies.items() if not frequency]
    return chosen + absent[:MOST_ABSENT]


def order(passages: Mapping[int, str], weights: Mapping[str, float]) -> list[int]:
    """The keys of those folded passages that hold some of the terms, by their BM25 score, the best first."""
    if not passages:
        return []
    average = sum(map(len, passages.values())) / len(passages)
    scores = {pk: _bm25(folded, weights, average) for pk, folded in passages.items()}
    return sorted((pk for pk, score in scores.items() if score > 0), key=lambda pk: (-scores[pk], pk))


def _bm25(folded: str, weights: Mapping[str, float], average: float) -> float:
    damping = K1 * (1 - B + B * len(folded) / average)
    score = 0.0
    for term, weight in weights.items():
        if count := folded.count(term):
            score += weight * count * (K1 + 1) / (count + damping)
    return score


def runs_of_four(grams: Sequence[str], frequencies: Mapping[str, int]) -> dict[str, int]:
    """About how many passages hold each run of four characters: no more than hold the rarer of its two trigrams."""
    return {gram: min(frequencies.get(gram[:3], 0), frequencies.get(gram[1:], 0)) for gram in grams}
