"""Whether an answer is right: a strict measure by words, without any model. Pure.

Right is an answer as the member reads it that

- holds one of the accepted answers as whole words, both sides compared in one form (`normal`),
- holds none of the answers that are marked as wrong, and
- has at most `MOST_WORDS` words: who reads out everything has not answered.

The form is that of SQuAD's exact match (Rajpurkar et al. 2016, arXiv 1606.05250): small letters, no punctuation, no
articles; here in Unicode, and with the articles of the question's language too. That the community has no note is
taken from how the question was answered, never from words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from enum import StrEnum

MOST_WORDS = 120

_ARTICLES = {
    "de": "der die das den dem des ein eine einen einem einer eines",
    "en": "a an the",
    "es": "el la los las un una unos unas",
    "fr": "le la les l un une des",
    "it": "il lo la i gli le l un uno una",
    "pt": "o a os as um uma uns umas",
}
# The marks by which an answer says which note it has something from.
_CITATIONS = re.compile(r"\[\d+\]")


class Outcome(StrEnum):
    """What came of asking one question."""

    RIGHT = "right"
    WRONG = "wrong"
    NO_NOTE = "no_note"
    """The community has no note on it, it was said."""
    FAILED = "failed"
    """There was no answer: the model could not be asked."""


def outcome_of(text: str, *, no_note: bool, answers: Collection[str], wrong: Collection[str], language: str) -> Outcome:
    """What an answer is worth. `answers` are the accepted ones; without any, only `no_note` is right to say."""
    if no_note:
        return Outcome.NO_NOTE
    return Outcome.RIGHT if is_right(text, answers=answers, wrong=wrong, language=language) else Outcome.WRONG


def is_right(text: str, *, answers: Collection[str], wrong: Collection[str] = (), language: str = "en") -> bool:
    said = normal(_CITATIONS.sub(" ", text), language)
    if len(said.split()) > MOST_WORDS:
        return False
    return any(_stands(each, said, language) for each in answers) and not any(
        _stands(each, said, language) for each in wrong
    )


def holds(text: str, answer: str, *, language: str = "en") -> bool:
    """Whether `answer` stands in `text` as whole words."""
    return _stands(answer, normal(text, language), language)


def normal(text: str, language: str = "en") -> str:
    """The words of `text` in the one form in which they are compared, with single spaces between them."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    bare = "".join(sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in folded)
    articles = _ARTICLES.get(language.partition("-")[0], "").split()
    return " ".join(word for word in bare.split() if word not in articles)


def _stands(answer: str, said: str, language: str) -> bool:
    wanted = normal(answer, language)
    return bool(wanted) and f" {wanted} " in f" {said} "
