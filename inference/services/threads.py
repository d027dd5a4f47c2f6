"""What a conversation's page shows: one branch of messages, each with its answer's story and its other versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from consent.access import own
from governance.services.waiting import titles_of
from inference.models import ANSWER_STATES, Answer, Conversation, Message
from inference.services.citations import Grounds, grounds_of
from inference.services.conversations import branches_of
from knowledge.models import Correction
from knowledge.services import corrections

# A long conversation shows its newest turns first; the page offers the rest.
MAX_SHOWN = 60


@dataclass(frozen=True)
class Entry:
    """One message of the branch that is shown; it is version `position` of `versions`.

    `decided` is the title of the decision behind the answer's behaviour, "" while no vote stands behind it.
    """

    # How many messages of the branch stand before this one.
    depth: int
    message: Message
    answer: Answer | None
    position: int
    versions: int
    # What the member said about the answer, if they did.
    correction: Correction | None
    previous_id: UUID | None
    next_id: UUID | None
    decided: str = ""
    # What the answer stands on, when the community's knowledge was looked into.
    grounds: Grounds | None = None

    @property
    def open(self) -> bool:
        return self.answer is not None and self.answer.state in ANSWER_STATES.open


@dataclass(frozen=True)
class Thread:
    """The shown branch from the first message that is shown to its end; `earlier` messages stand before."""

    conversation: Conversation
    entries: list[Entry]
    earlier: int

    @property
    def leaf_id(self) -> UUID | None:
        return self.entries[-1].message.pk if self.entries else None

    @property
    def open_entry(self) -> Entry | None:
        """The entry that is being answered: always the last, because nothing is asked under an unfinished answer."""
        return self.entries[-1] if self.entries and self.entries[-1].open else None


def thread_of(*, conversation: Conversation, now: datetime, whole: bool = False) -> Thread:
    """The branch that the conversation shows. Without `whole` at most the last MAX_SHOWN messages."""
    member: Any = conversation.member_id
    branches = branches_of(conversation_id=conversation.pk, member=member)
    leaf = conversation.leaf_id if conversation.leaf_id in branches else branches.newest_leaf(None)
    path = branches.path(leaf)
    shown = path if whole else path[-MAX_SHOWN:]
    messages = {
        row.pk: row
        for row in own(Message, member=member)
        .filter(pk__in=shown)
        .select_related("answer__behaviour__decision__proposal")
    }
    decided = _decided(messages.values())
    answers = {row.answer.pk: key for key, row in messages.items() if getattr(row, "answer", None) is not None}
    said = corrections.about_answers(member=member, answer_ids=answers.keys()) if answers else {}
    taught = {answers[answer_id]: row for answer_id, row in said.items()}
    looked = grounds_of(member=conversation.member, answer_ids=answers.keys(), now=now) if answers else {}
    grounds = {answers[answer_id]: row for answer_id, row in looked.items()}
    entries = []
    for depth, key in enumerate(shown, start=len(path) - len(shown)):
        message = messages.get(key)
        if message is None:  # deleted by another page in between
            break
        answer = getattr(message, "answer", None)
        versions = branches.siblings(key)
        place = versions.index(key)
        entries.append(
            Entry(
                depth=depth,
                message=message,
                answer=answer,
                position=place + 1,
                versions=len(versions),
                correction=taught.get(key),
                grounds=grounds.get(key),
                previous_id=versions[place - 1] if place else None,
                next_id=versions[place + 1] if place + 1 < len(versions) else None,
                decided=decided.get(answer.behaviour.decision.proposal_id or 0, "") if answer else "",
            )
        )
    return Thread(conversation, entries, earlier=len(path) - len(shown))


def _decided(messages: Iterable[Message]) -> dict[int, str]:
    """The titles of the decisions behind the behaviours of these answers, by proposal; at most one query."""
    decisions = (row.answer.behaviour.decision for row in messages if hasattr(row, "answer"))
    proposals = {decision.proposal.pk: decision.proposal for decision in decisions if decision.proposal is not None}
    return titles_of(list(proposals.values())) if proposals else {}
