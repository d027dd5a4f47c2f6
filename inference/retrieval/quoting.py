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
from statistics import fmean

from inference.retrieval.fusion import gate
from inference.retrieval.retrieve import Found

QUOTING_BELOW = 700_000_000
"""Parameters of a model below which it quotes instead of putting a note into its own words."""
QUOTED_SENTENCES = 3
READ_PASSAGES = 3
READ_CHARACTERS = 1_600
"""Passages that a larger model reads, and characters of each."""

# How likely the best passage answers: its two cosines, a share of how far it stands out among the candidates, and its
# lead over the second, the last two up to a bound. Found on XQuAD with and without the paragraphs that answer, and on
# the demonstration communities' questions (docs/retrieval.md). Where the question shares hardly a word with
# any candidate it is probably asked in another language, whose cosines are lower.
_BOUND = 1.775
_OTHER_LANGUAGE = 0.10
_STANDS_OUT, _MOST_STANDING_OUT = 0.4, 0.3
_MOST_LEAD = 0.1
_SHARES_WORDS = 0.4
# Its rivals: candidates from the sixth to the fifteenth place are hardly ever about the same.
_RIVALS = slice(5, 15)
# What a candidate that has nothing to do with a question scores, where there are too few rivals to know: two cosines
# of unrelated texts in this embedding, and a little for chance words.
_UNRELATED = 1.60
_FEW_RIVALS = 5
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
    others = sorted((each for each in found if each is not best), key=lambda each: -each.score)
    if parameters < QUOTING_BELOW:
        close = [each for each in others[:1] if best.score - each.score <= _CLOSE_BEHIND]
        return Plan(Way.QUOTE, tuple(Source(each, best_sentences(each)) for each in [best, *close]))
    # What falls far behind the best would only lead astray.
    near = [each for each in others if best.score - each.score <= _FAR_BEHIND]
    chosen = [best, *near][:READ_PASSAGES]
    return Plan(Way.READ, tuple(Source(each, each.passage.text[:READ_CHARACTERS]) for each in chosen))


def _answering(found: Sequence[Found]) -> Found | None:
    """The passage that answers: the first, or the best where the first was only named in passing; None: no answer."""
    if not found:
        return None
    best = max(found, key=lambda each: each.score)
    if best.score - found[0].score <= _NAMED_IN_PASSING:
        best = found[0]
    if best.signs.near is None:
        return best if best.signs.covered >= _COVERED else None
    return best if evidence(best, found) > 0 else None


def evidence(best: Found, found: Sequence[Found]) -> float:
    """How much speaks for `best` as the answer, above 0 when it is taken for one. `best` has a vector."""
    scores = sorted((each.score for each in found if each is not best), reverse=True)
    rivals = scores[_RIVALS.start - 1 : _RIVALS.stop - 1]
    usual = fmean(rivals) if len(rivals) >= _FEW_RIVALS else _UNRELATED
    near = best.signs.near or 0.0
    sentence_near = near if best.signs.sentence_near is None else best.signs.sentence_near
    words = gate(max(each.signs.sentence_covered for each in found))
    return (
        near
        + sentence_near
        + _STANDS_OUT * min(_MOST_STANDING_OUT, best.score - usual)
        + min(_MOST_LEAD, best.score - scores[0] if scores else _MOST_LEAD)
        + _OTHER_LANGUAGE * (1 - min(1.0, words / _SHARES_WORDS))
        - _BOUND
    )


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
