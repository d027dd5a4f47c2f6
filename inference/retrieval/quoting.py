"""What to do with what was found: let the model read it, quote it, or say that there is nothing. Pure.

A small model tells more than stands in a note: of 28 questions about an invented village, with the right note before
it, the bundled one answered 19 rightly, and 23 with only the two best sentences. These sentences themselves hold the
answer to all 28 (docs/retrieval.md). So a small model's community is answered with the sentences as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from inference.retrieval.evidence import evidence, in_favour
from inference.retrieval.retrieve import Found, Why

QUOTING_BELOW = 700_000_000
"""Parameters of a model below which it quotes instead of putting a note into its own words."""
QUOTED_SENTENCES = 3
SENTENCES_BESIDE = 2
"""Of a second passage that is hardly worse."""
READ_PASSAGES = 3
READ_CHARACTERS = 1_600
"""Passages that a larger model reads, and characters of each."""

# Without embeddings: the share of the question that the passage must hold.
_COVERED = 0.4
# Score by which a passage may be behind the best and still be read with it, be quoted beside it, or be taken because
# it was named.
_FAR_BEHIND = 0.1
_CLOSE_BEHIND = 0.06
_NAMED_IN_PASSING = 0.1

# The question marks of many scripts at the end of a sentence; what comes after them may be "please" or a smile.
_ASKS = re.compile(r"[?؟？;⸮՞፧꘏](?:\s|$|[\"'”’»)\]])")


class Way(StrEnum):
    """How a question is answered."""

    FREE = "free"  # the model answers by itself: nothing was asked that a note could answer
    READ = "read"  # the model reads the passages beside the question
    QUOTE = "quote"  # the passage's own sentences are the answer
    NOTHING = "nothing"  # it is said that there is no note on that


@dataclass(frozen=True)
class Source:
    """What of a passage is used, in its own words."""

    found: Found
    text: str


@dataclass(frozen=True)
class Plan:
    """`sources` are in the order in which they are cited; empty unless the way is READ or QUOTE."""

    way: Way
    sources: tuple[Source, ...] = ()


def plan(question: str, found: Sequence[Found], *, parameters: int) -> Plan:
    """What to do for `question`, given all candidates, best first, and the number of the model's parameters."""
    best = _answering(found)
    if best is None:
        # A community that has taught nothing yet has no notes to miss.
        return Plan(Way.NOTHING if found and is_question(question) else Way.FREE)
    if parameters < QUOTING_BELOW:
        return Plan(Way.QUOTE, quotes(best, found))
    # What falls far behind the best would only lead astray.
    near = [each for each in _others(best, found) if best.answers - each.answers <= _FAR_BEHIND]
    chosen = [best, *near][:READ_PASSAGES]
    return Plan(Way.READ, tuple(Source(each, each.passage.text[:READ_CHARACTERS]) for each in chosen))


def quotes(best: Found, found: Sequence[Found]) -> tuple[Source, ...]:
    """The best sentences of `best`, and of the passage after it where that is hardly worse."""
    close = [each for each in _others(best, found)[:1] if best.answers - each.answers <= _CLOSE_BEHIND]
    return (
        Source(best, best_sentences(best)),
        *(Source(each, best_sentences(each, SENTENCES_BESIDE)) for each in close),
    )


def best_of(found: Sequence[Found]) -> Found:
    """Of what was found, not empty, the passage that answers if any does: the one that the question names, or the best
    where that was only named in passing."""
    best = max(found, key=lambda each: each.answers)
    named = Why.EXACT in found[0].why and best.answers - found[0].answers <= _NAMED_IN_PASSING
    return found[0] if named else best


def _others(best: Found, found: Sequence[Found]) -> list[Found]:
    return sorted((each for each in found if each is not best), key=lambda each: -each.answers)


def _answering(found: Sequence[Found]) -> Found | None:
    """The passage that answers; None where there is no answer."""
    if not found:
        return None
    best = best_of(found)
    if best.signs.near is None:
        # Before it has a vector, or where none can be made: a question that names the entry is about it.
        return best if Why.EXACT in best.why or best.signs.covered >= _COVERED else None
    return best if in_favour(evidence(best, found)) > 0 else None


def best_sentences(found: Found, count: int = QUOTED_SENTENCES) -> str:
    """The sentences of a passage that answer best, in their order; an ellipsis stands where something was left out."""
    order = sorted(range(len(found.sentences)), key=lambda place: -found.sentence_scores[place])
    chosen = sorted(order[:count])
    text = ""
    for before, place in zip([None, *chosen], chosen, strict=False):
        joint = "" if before is None else " " if place == before + 1 else " … "
        text += f"{joint}{found.sentences[place]}"
    return text


def is_question(text: str) -> bool:
    return bool(_ASKS.search(text.strip()))
