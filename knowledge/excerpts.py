"""The piece of a text in which a search found something: a pure core."""

from __future__ import annotations

import re
from dataclasses import dataclass

AROUND = 90


@dataclass(frozen=True)
class Excerpt:
    """What stands before a word that was searched for, the word as the text has it, and what follows.

    `found` is empty when the text holds none of the words as they were typed; then `before` is its beginning.
    """

    before: str
    found: str
    after: str


def excerpt(text: str, query: str, *, around: int = AROUND) -> Excerpt:
    words = sorted(re.findall(r"\w+", query), key=len, reverse=True)
    # A whole word is better than a part of one, and a longer word is better than a short one.
    patterns = [rf"\b{re.escape(word)}\b" for word in words] + [re.escape(word) for word in words if len(word) > 2]
    match = next(filter(None, (re.search(pattern, text, re.IGNORECASE) for pattern in patterns)), None)
    if match is None:
        return Excerpt(_up_to(text, 2 * around), "", "")
    start, end = match.span()
    return Excerpt(_from(text[:start], around), match.group(), _up_to(text[end:], around))


def _up_to(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[:most].rsplit(None, 1)[0]} …" if " " in text[:most].strip() else f"{text[:most]}…"


def _from(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"… {text[-most:].split(None, 1)[-1]}" if " " in text[-most:].strip() else f"…{text[-most:]}"
