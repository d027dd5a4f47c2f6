"""How text is folded for searching: pure functions, the same for every database.

Folded text is words in small letters with one space around each, without punctuation, and without the marks that
people leave out when they type: accents, Arabic and Hebrew points. Vowel signs of Indic and other scripts are letters
and stay. Scripts written without spaces become one word for each sign, so that a run of three characters of the folded
text, a trigram, holds two signs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

# Combining classes of what is left out (Unicode, UAX 44): points of Hebrew and Arabic, and marks above and below.
_POINTS = range(10, 37)
_MARKS = range(200, 241)
_TATWEEL = "\u0640"
_UNSPACED = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e80-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u1000-\u102a\u103f\u1780-\u17b3"
    "\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
LONGEST_WORD = 60
# Beyond this plane there are no combining marks of a living script.
_LAST_MARK = 0x1FFFF


def fold(text: str) -> str:
    """The text as the index holds it: " like this one "; a single space when there is no word in it."""
    lowered = text.casefold()
    if not lowered.isascii():
        decomposed = unicodedata.normalize("NFKD", lowered)
        lowered = unicodedata.normalize("NFC", _left_out().sub("", decomposed)).casefold()
        lowered = _unspaced().sub(r" \1 ", lowered)
    found = _words().findall(lowered)
    return f" {' '.join(found)} " if found else " "


def words(folded: str) -> list[str]:
    """The different words of a folded text, in their order."""
    return list(dict.fromkeys(folded.split()))


def grams(folded: str, size: int) -> list[str]:
    """The different runs of `size` characters of a folded text, in their order, spaces included."""
    return list(dict.fromkeys(folded[start : start + size] for start in range(len(folded) - size + 1)))


@lru_cache(maxsize=1)
def _words() -> re.Pattern[str]:
    """Letters, digits and the marks that belong to them; what is longer than any word is cut."""
    marks = _characters(lambda sign: unicodedata.category(sign)[0] == "M")
    return re.compile(rf"(?:[^\W_]|[{marks}]){{1,{LONGEST_WORD}}}")


@lru_cache(maxsize=1)
def _left_out() -> re.Pattern[str]:
    return re.compile(f"[{_characters(_is_left_out)}{_TATWEEL}]")


@lru_cache(maxsize=1)
def _unspaced() -> re.Pattern[str]:
    """One sign of a script without spaces, with its marks."""
    marks = _characters(lambda sign: unicodedata.category(sign)[0] == "M")
    return re.compile(f"([{_UNSPACED}][{marks}]*)")


def _is_left_out(sign: str) -> bool:
    kind = unicodedata.combining(sign)
    return kind in _POINTS or kind in _MARKS


def _characters(wanted: Callable[[str], bool]) -> str:
    """The inside of a character class with all characters for which `wanted` is true, as ranges."""
    ranges: list[list[int]] = []
    for code in range(0x300, _LAST_MARK + 1):
        if wanted(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
