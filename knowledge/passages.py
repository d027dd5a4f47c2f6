"""Cutting a text into passages: a pure core.

A passage is what the index finds and the AI reads: about 80 to 160 words, cut at paragraphs where that is possible, at
sentences where it is not, and between words only where a sentence is longer than a passage. Nothing is left out and
nothing stands in two passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LEAST, MOST = 80, 160
# Signs that a passage may have at most, for scripts and tables in which words say little about length.
MOST_SIGNS = 1_600
_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")
# After the stops of many scripts, with the closing quotes and brackets behind them, or at the end of a line.
_SENTENCES = re.compile(r"(?<=[.!?…؟۔।॥။።])[\"'”’»)\]]*\s+|(?<=[。！？｡])[」』）]*\s*|\n+")
# Two signs of such a script weigh about as much as a word.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def split(text: str, *, least: int = LEAST, most: int = MOST) -> list[str]:
    """The passages of `text`, in order; none for a text without words.

    A piece that would be shorter than `least` words is joined with its neighbour as long as `most` allows it.
    """
    found: list[str] = []
    for piece in _pieces(text.strip(), most):
        if found and weight(found[-1]) < least and _fits(f"{found[-1]}\n\n{piece}", most):
            found[-1] = f"{found[-1]}\n\n{piece}"
        else:
            found.append(piece)
    if len(found) > 1 and weight(found[-1]) < least and _fits(f"{found[-2]}\n\n{found[-1]}", most):
        found[-2:] = [f"{found[-2]}\n\n{found[-1]}"]
    return found


def weight(text: str) -> int:
    """How many words a text has; signs of scripts without spaces count half a word."""
    unspaced = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + (unspaced + 1) // 2


def _fits(text: str, most: int) -> bool:
    return weight(text) <= most and len(text) <= MOST_SIGNS


def _pieces(text: str, most: int) -> Iterator[str]:
    """Paragraphs, the long ones in even parts."""
    for paragraph in filter(None, map(str.strip, _PARAGRAPHS.split(text))):
        if _fits(paragraph, most):
            yield paragraph
        else:
            yield from _even(_joinable(paragraph, most), most)


def _joinable(paragraph: str, most: int) -> list[str]:
    """Sentences with the space behind them; those that are too long, in runs of words."""
    parts: list[str] = []
    start = 0
    for stop in [*(match.end() for match in _SENTENCES.finditer(paragraph)), len(paragraph)]:
        sentence = paragraph[start:stop]
        start = stop
        parts.extend([sentence] if _fits(sentence, most) else _runs(sentence, most))
    return [part for part in parts if part]


def _runs(sentence: str, most: int) -> Iterator[str]:
    """Pieces of at most `most` words, cut between words, or anywhere where there is no space."""
    run = ""
    for word in re.findall(r"\S+\s*|\s+", sentence):
        while len(word) > most:
            room = word[:most]
            word = word[most:]
            if run and not _fits(run + room, most):
                yield run
                run = ""
            run += room
        if run and not _fits(run + word, most):
            yield run
            run = ""
        run += word
    if run:
        yield run


def _even(parts: Iterable[str], most: int) -> Iterator[str]:
    """Parts joined so that the passages of one paragraph are of about the same length."""
    parts = list(parts)
    total = sum(map(weight, parts))
    aim = -(-total // max(1, -(-total // most)))
    run = ""
    for part in parts:
        if run and (not _fits(run + part, most) or weight(run) + weight(part) // 2 > aim):
            yield run.strip()
            run = ""
        run += part
    if run.strip():
        yield run.strip()
