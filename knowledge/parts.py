"""Long texts in parts that a phone can show: a pure core. The parts, put together, are the text."""

from __future__ import annotations

import re

# Signs of a part. Rendering so many takes less than half a second, whatever they are.
MOST_SIGNS = 20_000
# Where a part may end, the best place first: before a heading, between paragraphs, at the end of a line or a word.
_PLACES = (re.compile(r"\n(?=#{1,6} )"), re.compile(r"\n[^\S\n]*\n"), re.compile(r"\n"), re.compile(r"\s"))


def parts(text: str, *, most: int = MOST_SIGNS) -> list[str]:
    """The parts of a text, in order: at least one, none longer than `most`, and none shorter than half of that but
    the last."""
    found = []
    start = 0
    while len(text) - start > most:
        end = _end(text, start + most // 2, start + most)
        found.append(text[start:end])
        start = end
    return [*found, text[start:]]


def _end(text: str, least: int, most: int) -> int:
    for place in _PLACES:
        if matches := list(place.finditer(text, least, most)):
            return matches[-1].end()
    return most
