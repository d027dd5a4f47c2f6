"""Titles as they are compared: pure functions for telling whether a text names an entry.

A key is the words of a title in lower case, NFC, one space apart, without the punctuation around them; apostrophes and
hyphens inside a word stay. The plain form lacks diacritics too. Scripts written without spaces count sign by sign.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

KEY_LENGTH = 200
WORDS_IN_A_TITLE = 8
# Longer questions are not searched for titles beyond this.
WORDS_IN_A_QUESTION = 400
# First letters of the names that Unicode gives to scripts without spaces between words.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "BOPOMOFO", "YI ")


def key(text: str) -> str:
    """How a title is compared: exact but for capitals, spaces and the punctuation around words."""
    return " ".join(words(text))[:KEY_LENGTH]


def plain(text: str) -> str:
    """The same without diacritics, the second choice when nothing is equal."""
    return key("".join(sign for sign in unicodedata.normalize("NFKD", text) if unicodedata.category(sign) != "Mn"))


def words(text: str) -> list[str]:
    """The words of a text in the form in which keys hold them."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return [bare for word in folded.split() if (bare := _bare(word))]


def candidates(text: str) -> list[str]:
    """Every run of words in `text` that could be a title's key, each once, the longest first."""
    units = list(_units(words(text)))[:WORDS_IN_A_QUESTION]
    found: dict[str, None] = {}
    whole = " ".join(words(text))[:KEY_LENGTH]
    if whole:
        found[whole] = None
    for size in range(min(WORDS_IN_A_TITLE, len(units)), 0, -1):
        for start in range(len(units) - size + 1):
            run = "".join(units[start : start + size]).strip()
            if bare := _bare(run):
                found[bare[:KEY_LENGTH]] = None
    return sorted(found, key=len, reverse=True)


def _units(parts: list[str]) -> Iterator[str]:
    """Words with a space behind them; runs of unspaced script as single signs."""
    for word in parts:
        if not any(map(_is_unspaced, word)):
            yield f"{word} "
            continue
        yield from word[:-1]
        yield f"{word[-1]} "


def _bare(word: str) -> str:
    """Without the punctuation and symbols at both ends."""
    start, end = 0, len(word)
    while start < end and not _counts(word[start]):
        start += 1
    while end > start and not _counts(word[end - 1]):
        end -= 1
    return word[start:end]


@lru_cache(maxsize=4096)
def _counts(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LMN"


@lru_cache(maxsize=4096)
def _is_unspaced(sign: str) -> bool:
    return unicodedata.name(sign, "").startswith(_UNSPACED)
