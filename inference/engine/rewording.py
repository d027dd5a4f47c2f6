"""Says the community's words in an answer while it is being written, whatever pieces it comes in. Pure.

Whole words and phrases only (inference.wording says what is whole), the longest that stands at a place, from left to
right; what was put in is not looked at again. Only what may still become a word to replace is held back.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from inference.wording import Wording, edge, folded, is_apostrophe, possessive


@dataclass(frozen=True)
class _Table:
    """`phrases` by what is looked for, folded; `beginnings` holds every beginning of one, and all of it."""

    phrases: dict[str, Wording]
    beginnings: frozenset[str]


@lru_cache(maxsize=8)
def _table(wordings: tuple[Wording, ...]) -> _Table:
    """Looked for are both forms in which accents can be written, composed and decomposed."""
    phrases = {
        folded(unicodedata.normalize(form, wording.instead_of)): wording
        for wording in wordings
        for form in ("NFD", "NFC")
    }
    beginnings = frozenset(phrase[:length] for phrase in phrases for length in range(1, len(phrase) + 1))
    return _Table(phrases, beginnings)


class Rewording:
    """Passes on what `add` is given, with `wordings` put in."""

    def __init__(self, wordings: tuple[Wording, ...]) -> None:
        self._table = _table(wordings)
        self._text = ""  # two characters that were dealt with, for what is a whole word; then what was not
        self._at = 0  # the first that was not

    def add(self, text: str) -> str:
        """What may be shown of `text` and of what was held back before it."""
        return self._take(text, last=False)

    def finish(self) -> str:
        """The rest: nothing comes after it."""
        return self._take("", last=True)

    def _take(self, text: str, *, last: bool) -> str:
        self._text += text
        source, compared, at = self._text, folded(self._text), self._at
        said = []
        while at < len(source):
            end = self._match(compared, at, last=last)
            if end is None:
                break
            if end > at:
                said.append(_as_written(source[at:end], self._table.phrases[compared[at:end]]))
                at = end
            else:
                said.append(source[at])
                at += 1
        self._text = source[max(at - 2, 0) :]
        self._at = min(at, 2)
        return "".join(said)

    def _match(self, compared: str, at: int, *, last: bool) -> int | None:
        """Where the longest phrase that begins at `at` ends: `at` when none does; None until more is known."""
        if compared[at] not in self._table.beginnings or not edge(compared, at):
            return at
        end = length = at
        while length < len(compared):
            length += 1
            if compared[at:length] not in self._table.beginnings:
                return end
            if compared[at:length] in self._table.phrases:
                whole = _ends_whole(compared, length, last=last)
                if whole is None:
                    return None
                if whole:
                    end = length
        return end if last else None


def _ends_whole(text: str, at: int, *, last: bool) -> bool | None:
    """Whether a word that ends before `at` ends there; None until more of the text is known."""
    known = text[at : at + 3]
    if not last:
        if not known or (len(known) < 2 and (is_apostrophe(known) or known in ".,")):
            return None
        if len(known) < 3 and is_apostrophe(known[0]) and known[1] in "sS":
            return None
    return edge(text, at) or possessive(text, at)


def _as_written(source: str, wording: Wording) -> str:
    """What to say instead of `source`, in capitals or with a first capital when only `source` has them."""
    instead_of, say = wording.instead_of, wording.say
    letters = [c for c in source if c.isupper() or c.islower()]
    if not letters or unicodedata.normalize("NFC", source) == instead_of:
        return say
    if len(letters) > 1 and source.isupper() and not instead_of.isupper():
        return say.upper()
    if letters[0].isupper() and not _first_is_capital(instead_of):
        return _with_capital(say)
    return say


def _first_is_capital(text: str) -> bool:
    return next((c.isupper() for c in text if c.isupper() or c.islower()), False)


def _with_capital(text: str) -> str:
    first = next((i for i, c in enumerate(text) if c.isalnum()), 0)
    return text[:first] + text[first : first + 1].title() + text[first + 1 :]
