"""Finding words in text regardless of case and accents. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

MAX_WORDS = 8
_AROUND = 60


def fold(text: str) -> str:
    """`text` without case, accents, vowel points and invisible marks, in compatibility form (NFKD, case-folded).

    Signs that make another letter (a virama, a vowel sign of an Indic script) stay: their combining class is below 10.
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in decomposed if unicodedata.combining(c) < 10 and unicodedata.category(c) != "Cf")


def words_of(query: str) -> tuple[str, ...]:
    """The folded words that one looks for, at most MAX_WORDS."""
    return tuple(word for word in fold(query).split() if word)[:MAX_WORDS]


def has_all(text: str, words: tuple[str, ...]) -> bool:
    folded = fold(text)
    return all(word in folded for word in words)


@dataclass(frozen=True)
class Excerpt:
    """A piece of text around a find: `before` + `found` + `after`, cut from the original's characters."""

    before: str
    found: str
    after: str


def excerpt(text: str, words: tuple[str, ...]) -> Excerpt:
    """The surroundings of the first place where one of the words stands; the beginning of the text if none does."""
    pieces = [fold(character) for character in text]
    folded = "".join(pieces)
    # origin[i] is the character of `text` that the i-th folded character comes from.
    origin = [index for index, piece in enumerate(pieces) for _ in piece]
    places = [(place, word) for word in words if (place := folded.find(word)) >= 0]
    if not places:
        return Excerpt(_one_line(text[: 2 * _AROUND]), "", "…" if len(text) > 2 * _AROUND else "")
    place, word = min(places)
    start, end = origin[place], origin[place + len(word) - 1] + 1
    # A mark that stands after its letter belongs to the find.
    while end < len(text) and not pieces[end]:
        end += 1
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    return Excerpt(
        ("…" if start > _AROUND else "") + _one_line(before),
        text[start:end],
        _one_line(after) + ("…" if end + _AROUND < len(text) else ""),
    )


def _one_line(text: str) -> str:
    return "".join(" " if c.isspace() else c for c in text)
