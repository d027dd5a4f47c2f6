"""How much of a question stands in a text, by pieces of words: pure, and the same for every script.

Words are compared by their runs of four characters with a space at both ends (" wat", "wate", "ater", "ter "), so that
inflected forms count in part; in scripts without spaces, which `knowledge.folding` writes sign by sign, by pairs of
signs. A piece weighs by how few of the sentences at hand hold it (the idf of Robertson and Spärck Jones 1976, over the
candidates and not over everything), so that "what", "the" and their like in any language weigh next to nothing without
a list of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from knowledge.folding import fold, grams

RUN = 4
MAX_PIECES = 400
"""Pieces of a question that are looked at; a longer one is a text in which many other things stand too."""


@dataclass(frozen=True, slots=True)
class Text:
    """A passage as it is compared: its title, and its text in sentences."""

    title: str
    sentences: Sequence[str]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of a question's weight, 0 to 1: in the passage with its title, and in each of its sentences alone.

    `anywhere` is the share that stands in any of the passages at hand, the same for all of them: what is missing there
    is named nowhere.
    """

    whole: float
    sentences: tuple[float, ...]
    anywhere: float

    @property
    def best(self) -> float:
        return max(self.sentences, default=0.0)


def pieces(text: str) -> list[str]:
    """The pieces of a text's words, each once, in order; all of them are substrings of the folded text."""
    return list(dict.fromkeys(_pieces(fold(text).split())))[:MAX_PIECES]


def coverage(question: str, passages: Sequence[Text]) -> list[Coverage]:
    """For each passage, how much of the question it and each of its sentences hold."""
    wanted = pieces(question)
    # Sets of the numbers of the pieces that stand there: of titles, and for each passage of its sentences.
    in_titles = [_hits(wanted, passage.title) for passage in passages]
    hits = [[_hits(wanted, sentence) for sentence in passage.sentences] for passage in passages]
    total = sum(map(len, hits))
    holding = [0] * len(wanted)
    for number in (number for passage in hits for sentence in passage for number in sentence):
        holding[number] += 1
    weights = [math.log(1 + (total - count + 0.5) / (count + 0.5)) for count in holding]
    everything = sum(weights) or 1.0

    def share(numbers: set[int]) -> float:
        return sum(weights[number] for number in numbers) / everything

    in_passages = [title.union(*sentences) for title, sentences in zip(in_titles, hits, strict=True)]
    anywhere = share(set().union(*in_passages))
    return [
        Coverage(share(whole), tuple(map(share, sentences)), anywhere)
        for whole, sentences in zip(in_passages, hits, strict=True)
    ]


def _pieces(words: Sequence[str]) -> Iterator[str]:
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        if len(word) > 1:
            yield from grams(f" {word} ", RUN)
        elif len(following) == 1:
            yield f" {word} {following} "
        else:
            yield f" {word} "


def _hits(wanted: Sequence[str], text: str) -> set[int]:
    folded = fold(text)
    return {number for number, piece in enumerate(wanted) if piece in folded}
