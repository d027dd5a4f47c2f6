"""Which questions are learnt from and which are held out for measuring: a pure function of the question alone.

Adding, removing or answering other questions never moves one from one part to the other, and neither do capitals,
spaces or the form in which a letter with its accent was typed.
"""

from __future__ import annotations

import hashlib
import unicodedata
from enum import StrEnum

# Two in five are held out: communities have dozens of questions, not thousands, and a share of few says little.
_PARTS, _HELD_OUT = 5, 2


class Part(StrEnum):
    LEARN = "learn"
    HOLD_OUT = "hold_out"


def same(question: str) -> str:
    """The question as it is compared: NFC, casefolded, with single spaces."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", question).casefold())
    return " ".join(folded.split())


def digest(question: str) -> str:
    """Hex SHA-256 of the question as it is compared."""
    return hashlib.sha256(same(question).encode("utf-8", "surrogatepass")).hexdigest()


def part_of(question: str) -> Part:
    """HOLD_OUT for two questions in five, by their digests."""
    return Part.HOLD_OUT if int(digest(question), 16) % _PARTS < _HELD_OUT else Part.LEARN
