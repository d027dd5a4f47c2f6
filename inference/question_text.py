"""What a member may ask, as text: cleaned, bounded, and shortened to a title. Pure."""

from __future__ import annotations

import unicodedata

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

MAX_CHARACTERS = 8_000
MAX_TITLE_CHARACTERS = 60

# Composing shortens a text at most threefold (three Hangul letters, or a Vietnamese vowel with two marks, become one
# character). What is longer than that is refused before it costs anything.
_MAX_RAW_CHARACTERS = 3 * MAX_CHARACTERS
_KEPT_CONTROLS = "\n\t"
_INVISIBLE = frozenset({"Cf", "Zs", "Zl", "Zp", "Cc", "Mn"})
_BIDI_CONTROLS = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))


class QuestionRefused(Exception):
    """A question that cannot be asked now. `sentence` tells the member why, `code` names the reason."""

    code = "refused"

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(self.code)
        self.sentence = sentence


class QuestionEmpty(QuestionRefused):
    code = "empty"

    def __init__(self) -> None:
        super().__init__(_("Please write a question first."))


class QuestionTooLong(QuestionRefused):
    code = "too_long"

    def __init__(self, length: int) -> None:
        super().__init__(
            _(
                "Your text has %(length)s characters, and at most %(limit)s fit. "
                "It is still in the box: please shorten it, or ask in several steps."
            )
            % {"length": f"{length:,}", "limit": f"{MAX_CHARACTERS:,}"}
        )


class TooManyOpen(QuestionRefused):
    code = "too_many_open"

    def __init__(self, limit: int) -> None:
        super().__init__(
            ngettext_lazy(
                "The AI is already working on an answer for you. Please wait for it, or stop it.",
                "The AI is already working on %(limit)d answers for you. Please wait for one of them, or stop one.",
                "limit",
            )
            % {"limit": limit}
        )


class StillWriting(QuestionRefused):
    code = "still_writing"

    def __init__(self) -> None:
        super().__init__(_("The AI is still writing here. Your text stays in the box: wait, or press Stop first."))


class NobodyToAnswer(QuestionRefused):
    code = "no_behaviour"

    def __init__(self) -> None:
        super().__init__(_("The community has not decided yet how its AI behaves, so it cannot answer."))


def clean_question(raw: str) -> str:
    """The question as it is kept and asked: composed (NFC), line ends as \\n, without control characters.

    Marks that steer the direction of text stay, because some languages need them. Raises QuestionEmpty when nothing
    visible is left, QuestionTooLong beyond MAX_CHARACTERS.
    """
    text = raw.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > _MAX_RAW_CHARACTERS:
        raise QuestionTooLong(len(text))
    text = "".join(c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c) not in ("Cc", "Cs"))
    text = unicodedata.normalize("NFC", text).strip()
    if all(unicodedata.category(c) in _INVISIBLE for c in text):
        raise QuestionEmpty
    if len(text) > MAX_CHARACTERS:
        raise QuestionTooLong(len(text))
    return text


def title_of(text: str) -> str:
    """A title from the first words of a text: one line, at most MAX_TITLE_CHARACTERS, cut between words."""
    line = " ".join(text.translate(_BIDI_CONTROLS).split())
    line = "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cs"))
    if len(line) <= MAX_TITLE_CHARACTERS:
        return line
    cut = line[: MAX_TITLE_CHARACTERS - 1]
    before_last_word = cut.rpartition(" ")[0]
    return (before_last_word if len(before_last_word) >= MAX_TITLE_CHARACTERS // 2 else cut).rstrip() + "…"
