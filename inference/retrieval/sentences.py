"""Cutting a passage into sentences: a pure core for any script.

The pieces are what answers a question: each has its own vector, and the AI may quote one.
"""

from __future__ import annotations

import re

from knowledge.passages import weight

# A piece below this many words is read with the one before it.
LEAST_WORDS = 6
MOST_SENTENCES = 24
# After the stops of many scripts with the closing quotes and brackets behind them, or at the end of a line.
_ENDS = re.compile(r"(?:(?<=[.!?…؟۔।॥።])[\"'”’»)\]]*\s+|(?<=[。！？｡])[」』）]*\s*|\n+)")


def sentences(text: str) -> list[str]:
    """The sentences of `text` in order, at most MOST_SENTENCES; the last holds the rest of a text with more.

    Nothing is left out but the space between them. A text without words has none.
    """
    found: list[str] = []
    start = 0
    for stop in [*(match.end() for match in _ENDS.finditer(text)), len(text)]:
        piece = text[start:stop].strip()
        if not piece:
            start = stop
            continue
        full = len(found) == MOST_SENTENCES
        if found and (full or weight(found[-1]) < LEAST_WORDS):
            found[-1] = f"{found[-1]} {piece}"
        else:
            found.append(piece)
        start = stop
    return found
