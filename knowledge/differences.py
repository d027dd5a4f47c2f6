"""What changed from one wording to the next, word by word: a pure core.

Paragraphs are compared first and words inside the changed ones, so that a small change in a long text stays small.
What would take too long to compare is shown as taken out and put in as a whole: the work is bounded whatever is typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, TAKEN, ADDED, SKIPPED = "same", "taken", "added", "skipped"
# Comparisons of one piece with another that may be spent on two texts: a second at the very worst.
MOST_COMPARISONS = 500_000
# Unchanged signs shown before and after a change.
CONTEXT = 160
_PARAGRAPHS = re.compile(r"\n+|[^\n]+")
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"\s+|[{_UNSPACED}]|[^\s{_UNSPACED}]+")


@dataclass(frozen=True)
class Piece:
    """A run of text that stayed, was taken out, was added, or is left out because nothing changed there."""

    kind: str
    text: str = ""


def differences(before: str, after: str, *, context: int | None = CONTEXT) -> list[Piece]:
    """The pieces of both texts in order. With `context` None nothing is left out: the pieces SAME and TAKEN are then
    `before`, SAME and ADDED are `after`. Of equal texts there is one piece, or none if they are empty."""
    pieces = _joined(_paragraphs(before, after))
    if context is None or all(piece.kind == SAME for piece in pieces):
        return pieces
    return list(_shortened(pieces, context))


class _Budget:
    """Comparisons that are left."""

    def __init__(self, left: int) -> None:
        self.left = left

    def allows(self, comparisons: int) -> bool:
        """Whether so many are left; they are spent then."""
        if comparisons > self.left:
            return False
        self.left -= comparisons
        return True


def _paragraphs(before: str, after: str) -> Iterator[Piece]:
    budget = _Budget(MOST_COMPARISONS)
    for kind, old, new in _compared(_PARAGRAPHS.findall(before), _PARAGRAPHS.findall(after), budget):
        if kind == SAME:
            yield Piece(SAME, "".join(old))
            continue
        for word_kind, old_words, new_words in _compared(_words("".join(old)), _words("".join(new)), budget):
            if word_kind == SAME:
                yield Piece(SAME, "".join(old_words))
            else:
                yield Piece(TAKEN, "".join(old_words))
                yield Piece(ADDED, "".join(new_words))


def _compared(
    before: Sequence[str], after: Sequence[str], budget: _Budget
) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """Runs that are the same and runs that changed; what is equal at both ends is not searched for."""
    start, most = 0, min(len(before), len(after))
    while start < most and before[start] == after[start]:
        start += 1
    end = 0
    while end < most - start and before[-1 - end] == after[-1 - end]:
        end += 1
    yield SAME, before[:start], after[:start]
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if not budget.allows(len(old) * len(new)):
        yield "changed", old, new
    else:
        for tag, a, b, c, d in SequenceMatcher(str.isspace, old, new).get_opcodes():
            yield (SAME if tag == "equal" else "changed"), old[a:b], new[c:d]
    yield SAME, before[len(before) - end :], after[len(after) - end :]


def _words(text: str) -> list[str]:
    """Words, the spaces and the punctuation between them; signs of scripts without spaces one by one, with their
    marks."""
    found: list[str] = []
    for word in _WORDS.findall(text):
        if found and unicodedata.category(word[0])[0] == "M":
            found[-1] += word
        else:
            found.extend(_bared(word))
    return found


def _bared(word: str) -> Iterator[str]:
    """The punctuation before a word, the word, and the punctuation after it, as far as they are there."""
    start, end = 0, len(word)
    while start < end and unicodedata.category(word[start])[0] in "PS":
        start += 1
    while end > start and unicodedata.category(word[end - 1])[0] in "PS":
        end -= 1
    yield from filter(None, (word[:start], word[start:end], word[end:]))


def _joined(pieces: Iterator[Piece]) -> list[Piece]:
    """Without empty pieces; changes with nothing but a space between them as one change."""
    found: list[Piece] = []
    taken = added = ""

    def close() -> None:
        nonlocal taken, added
        found.extend(Piece(kind, text) for kind, text in ((TAKEN, taken), (ADDED, added)) if text)
        taken = added = ""

    held = ""
    for piece in pieces:
        if piece.kind == SAME:
            held += piece.text
            continue
        if not piece.text:
            continue
        if held:
            if (taken or added) and held.isspace() and "\n" not in held:
                taken, added = taken + held, added + held
            else:
                close()
                found.append(Piece(SAME, held))
            held = ""
        taken += piece.text if piece.kind == TAKEN else ""
        added += piece.text if piece.kind == ADDED else ""
    close()
    if held:
        found.append(Piece(SAME, held))
    return found


def _shortened(pieces: list[Piece], context: int) -> Iterator[Piece]:
    last = len(pieces) - 1
    for place, piece in enumerate(pieces):
        head = 0 if place == 0 else context
        tail = 0 if place == last else context
        if piece.kind != SAME or len(piece.text) <= head + tail + context:
            yield piece
            continue
        if head:
            yield Piece(SAME, _cut(piece.text[:head], at_end=True))
        yield Piece(SKIPPED)
        if tail:
            yield Piece(SAME, _cut(piece.text[-tail:], at_end=False))


def _cut(text: str, *, at_end: bool) -> str:
    """Without the word that the cut went through, where that leaves anything."""
    parts = text.rsplit(None, 1) if at_end else text.split(None, 1)
    return text if len(parts) < 2 else parts[0] if at_end else parts[1]
