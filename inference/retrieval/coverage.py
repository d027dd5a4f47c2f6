"""How much of a question stands in a text, by pieces of words: pure, and the same for every script.

Words are compared by their trigrams with a space at both ends (" wa", "wat", "ate", "ter", "er "), so that inflected
forms count in part; scripts that write words with one or two signs by pairs of signs. A piece weighs by how few of the
sentences at hand hold it (the idf of Robertson and Spärck Jones 1976 over the candidates, not over everything), so
"what", "the" and their like in any language weigh next to nothing without a list of them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

MAX_PIECES = 400
"""Pieces of a question that are looked at; a longer question is a text in which many other things stand too."""

_PAIRED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of a question's weight, 0 to 1: in the passage, and in each of its sentences."""

    whole: float
    sentences: tuple[float, ...]

    @property
    def best(self) -> float:
        return max(self.sentences, default=0.0)


def folded(text: str) -> str:
    """The words of a text, one space around each: compatibility forms, case and accents folded."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_accents())
    return f" {_no_words().sub(' ', plain).strip()} "


def pieces(text: str) -> list[str]:
    """The pieces of a text's words, each once, in order."""
    found: dict[str, None] = {}
    for word in folded(text).split():
        if _PAIRED.search(word):
            found.update(dict.fromkeys(word[i : i + 2] for i in range(max(1, len(word) - 1))))
        else:
            bounded = f" {word} "
            found.update(dict.fromkeys(bounded[i : i + 3] for i in range(len(bounded) - 2)))
    return list(found)[:MAX_PIECES]


def coverage(question: str, passages: Sequence[Sequence[str]]) -> list[Coverage]:
    """For each passage, given as its sentences, how much of the question it and each sentence hold."""
    wanted = pieces(question)
    # hits[sentence] holds the numbers of the pieces that stand in it.
    hits = [[_hits(wanted, folded(sentence)) for sentence in passage] for passage in passages]
    total = sum(map(len, hits))
    holding = [0] * len(wanted)
    for sentence_hits in (each for passage in hits for each in passage):
        for number in sentence_hits:
            holding[number] += 1
    weights = [math.log(1 + (total - count + 0.5) / (count + 0.5)) for count in holding]
    whole = sum(weights) or 1.0

    def share(numbers: set[int]) -> float:
        return sum(weights[number] for number in numbers) / whole

    return [Coverage(share(set().union(*passage)), tuple(share(each) for each in passage)) for passage in hits]


def _hits(wanted: Sequence[str], text: str) -> set[int]:
    return {number for number, piece in enumerate(wanted) if piece in text}


# No script's marks stand above this code point.
_LAST = 0x1F000


@cache
def _accents() -> dict[int, None]:
    """Signs that only modify the one before them. Vowel signs of Indic scripts are not among them."""
    return {code: None for code in range(_LAST) if unicodedata.combining(chr(code))}


@cache
def _no_words() -> re.Pattern[str]:
    """Runs of signs that belong to no word: neither letters nor numbers nor marks of any script."""
    marks = [code for code in range(_LAST) if unicodedata.category(chr(code))[0] == "M"]
    return re.compile(rf"(?:[^\w{''.join(map(chr, marks))}]|_)+")
