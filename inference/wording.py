"""The community's own words: which word or phrase the AI says instead of which, and what a whole word is.

What counts as one word follows UAX #29 where that can be told without a dictionary: letters, digits and their
marks, an apostrophe or a full stop between letters, a comma or a full stop between digits. Two differences: the
English possessive ("river's") is the word and an ending; and in scripts that are written without spaces any
place between two characters may be a word's edge, so that a wording there replaces its characters wherever they
stand.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

MAX_WORDING_CHARACTERS = 60
TOLD_CHARACTERS = 600
"""How much of the list of wordings the model is told; the engine enforces all of it."""

_JOINERS = "\u200c\u200d"  # zero-width; Persian and the scripts of India spell with them
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Japanese syllables
    (0x3400, 0x9FFF),  # Chinese characters, also Japanese ones
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True, slots=True)
class Wording:
    """Say `say` instead of `instead_of`: a word or a phrase each, one line, in Unicode's composed form (NFC)."""

    instead_of: str
    say: str

    def __post_init__(self) -> None:
        for name in ("instead_of", "say"):
            text = getattr(self, name)
            if isinstance(text, str):  # whoever checks a behaviour says what else is wrong
                object.__setattr__(self, name, unicodedata.normalize("NFC", text))


def told(wordings: Iterable[Wording]) -> str:
    """As many of the first wordings as the model is told, as one phrase."""
    phrases: list[str] = []
    room = TOLD_CHARACTERS
    for wording in wordings:
        phrase = f"“{wording.say}” instead of “{wording.instead_of}”"
        room -= len(phrase) + 2
        if room < 0:
            break
        phrases.append(phrase)
    return ", ".join(phrases)


def is_line(text: str) -> bool:
    """True when every character can be seen, or is a space, or joins letters."""
    return all(c.isprintable() or c in _JOINERS for c in text)


def is_word_character(c: str) -> bool:
    return c.isalnum() or c == "_" or unicodedata.category(c)[0] == "M" or c in _JOINERS


def is_apostrophe(c: str) -> bool:
    return c in ("'", "’")


@lru_cache(maxsize=4096)
def fold(c: str) -> str:
    """One character as it is compared: without case, one apostrophe, one space. Always one character."""
    if is_apostrophe(c):
        return "'"
    if c.isspace():
        return " "
    return next((form for form in (c.casefold(), c.lower()) if len(form) == 1), c)


def folded(text: str) -> str:
    """`text` as it is compared, as many characters as before."""
    return "".join(map(fold, text))


def contains(text: str, phrase: str) -> bool:
    """True when `phrase` stands in `text` as whole words; both are folded."""
    at = text.find(phrase)
    while at >= 0:
        end = at + len(phrase)
        if edge(text, at) and (edge(text, end) or possessive(text, end)):
            return True
        at = text.find(phrase, at + 1)
    return False


def edge(text: str, at: int) -> bool:
    """True when no word runs across the place between the characters `at - 1` and `at` of `text`."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if unicodedata.category(after)[0] == "M" or after in _JOINERS or before in _JOINERS:
        return False
    if _unspaced(before) or _unspaced(after):
        return True
    if is_word_character(before) and is_word_character(after):
        return False
    if at + 1 < len(text) and _inside(before, after, text[at + 1]):
        return False
    return not (at >= 2 and _inside(text[at - 2], before, after))


def possessive(text: str, at: int) -> bool:
    """True when the English ending 's stands at `at`, and the word ends there."""
    return (
        at + 1 < len(text)
        and is_apostrophe(text[at])
        and text[at + 1] in "sS"
        and (at + 2 >= len(text) or not is_word_character(text[at + 2]))
    )


def _inside(before: str, mark: str, after: str) -> bool:
    """True for a mark that belongs to the word around it, as in don't, example.org and 3,500."""
    if is_apostrophe(mark):
        return is_word_character(before) and is_word_character(after)
    if mark == ".":
        return (before.isalpha() and after.isalpha()) or (before.isdigit() and after.isdigit())
    return mark == "," and before.isdigit() and after.isdigit()


def _unspaced(c: str) -> bool:
    code = ord(c)
    return any(low <= code <= high for low, high in _UNSPACED)
