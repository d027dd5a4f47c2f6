"""Text as it may enter the community's knowledge: one form of each letter, nothing invisible, no endless lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# A line that is longer is cut into paragraphs of at most CUT_AT characters.
LONGEST_LINE = 2_000
CUT_AT = 1_200

# Signs that nobody sees and that say nothing: controls, soft hyphens, what turns text around, tags, non-characters.
# The joiners and the three plain direction marks stay: Persian, Indic scripts and mixed lines need them.
_INVISIBLE = [
    *range(0x00, 0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), 0xAD, 0x180E, 0x200B,
    *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x2070), *range(0xD800, 0xE000),
    *range(0xFDD0, 0xFDF0), 0xFEFF, *range(0xFFF9, 0xFFFC), 0xFFFE, 0xFFFF, *range(0xE0000, 0xE0080),
    *(plane << 16 | last for plane in range(1, 17) for last in (0xFFFE, 0xFFFF)),
]  # fmt: skip
_TABLE: dict[int, str | None] = {
    **dict.fromkeys(_INVISIBLE),
    0x0B: "\n",
    0x0C: "\n\n",
    0x85: "\n",
    0x2028: "\n",
    0x2029: "\n\n",
}
_SENTENCE_ENDS = re.compile(r"[.!?؟۔…][\"'”’»)\]]*\s|[。！？]")


def clean(text: str) -> str:
    """`text` in Unicode's composed form (NFC), without invisible signs, with plain line ends and no long lines.

    Spaces at line ends go; of several empty lines one stays.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").translate(_TABLE)
    lines = [piece for line in unicodedata.normalize("NFC", plain).split("\n") for piece in _cut(line.rstrip())]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def line(text: str) -> str:
    """`text` as one line: cleaned, with single spaces."""
    return " ".join(clean(text).split())


def _cut(text: str) -> Iterator[str]:
    """`text` itself, or its pieces with an empty line between each two."""
    if len(text) <= LONGEST_LINE:
        yield text
        return
    start = 0
    while len(text) - start > CUT_AT:
        end = _end_of_piece(text, start)
        yield text[start:end].strip()
        yield ""
        start = end
    yield text[start:].strip()


def _end_of_piece(text: str, start: int) -> int:
    """Behind the last sentence that fits, else behind the last word, else where a letter ends."""
    window = text[start : start + CUT_AT]
    ends = [match.end() for match in _SENTENCE_ENDS.finditer(window)]
    if ends:
        return start + ends[-1]
    space = window.rfind(" ")
    if space > 0:
        return start + space + 1
    end = start + CUT_AT
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end
