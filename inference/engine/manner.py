"""The manner that a community voted for, enforced on the text of one answer while the model writes it. Pure.

The greeting begins the first answer of a conversation, wordings replace the model's words, and the answer ends with
its last allowed sentence. The greeting is the community's own text: it is neither reworded nor counted.
"""

from collections.abc import Sequence

from inference.behaviour import Behaviour
from inference.engine.protocol import Turn
from inference.engine.rewording import Rewording
from inference.engine.sentences import SentenceLimit

_ATTACHED = ",.;:!?…"
"""What follows the greeting without a space."""


def greeting_for(behaviour: Behaviour, turns: Sequence[Turn]) -> str:
    """The words with which the answer to `turns` begins: the greeting if the AI has said nothing yet, else ""."""
    said = any(turn.role == "assistant" and turn.content.strip() for turn in turns)
    return "" if said else behaviour.greeting


class Manner:
    """What is shown of an answer. `add` takes the model's text in any pieces; `finish` gives what was held back."""

    def __init__(self, behaviour: Behaviour, *, greeting: str) -> None:
        self._greeting = greeting
        self._begun = False
        self._worded = False
        self._rewording = Rewording(behaviour.wordings) if behaviour.wordings else None
        self._limit = SentenceLimit(behaviour.max_sentences) if behaviour.max_sentences else None

    @property
    def complete(self) -> bool:
        """True when the answer has its last sentence: what else the model writes is not shown."""
        return self._limit is not None and self._limit.complete

    @property
    def only_greeted(self) -> bool:
        """True while an answer that begins with a greeting has no other word."""
        return bool(self._greeting) and not self._worded

    def add(self, text: str) -> str:
        """What may be shown now."""
        opening = ""
        if self._greeting and not self._begun:
            text = text.lstrip()
            if not text:
                return ""
            opening = self._greeting if text[0] in _ATTACHED else f"{self._greeting} "
        self._begun = True
        self._worded = self._worded or any(c.isalnum() for c in text)
        if self._rewording:
            text = self._rewording.add(text)
        return opening + (self._limit.add(text) if self._limit else text)

    def finish(self) -> str:
        """The rest: the model writes no more."""
        rest = self._rewording.finish() if self._rewording else ""
        if self._limit:
            rest = self._limit.add(rest) + self._limit.finish()
        return rest if self._begun else self._greeting + rest
