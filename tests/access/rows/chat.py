"""The chat: a member's own conversations, and nothing of anybody else's."""

from __future__ import annotations

from uuid import UUID, uuid4

from consent.access import in_service
from governance.models import Member
from inference.models import ANSWER_STATES, Answer, AnswerState, Message
from inference.services import questions
from tests.access.row import Names, Thing, about, get, members, post
from tests.access.world import NOON, World

NOWHERE = UUID("00000000-0000-4000-8000-000000000000")


def _asked(person: Member) -> Message:
    """A new conversation with a question; the AI's message in it waits for its answer."""
    return questions.ask(
        member=person,
        conversation_id=None,
        after_id=None,
        text=f"What is {person} weaving?",
        key=None,
        now=NOON,
    )


def _answered(person: Member) -> Message:
    message = _asked(person)
    answer = in_service(Answer).get(message=message)
    ANSWER_STATES.move(answer, AnswerState.WRITING)
    ANSWER_STATES.move(answer, AnswerState.DONE, reason="end", finished_at=NOON)
    message.text = f"A blanket for {person}."
    message.save(update_fields=["text"])
    return message


def make_conversation(world: World, person: Member) -> Names:
    return {"conversation_id": _answered(person).conversation_id}


def make_question(world: World, person: Member) -> Names:
    return {"message_id": _answered(person).parent_id}


def make_answer(world: World, person: Member) -> Names:
    return {"message_id": _answered(person).pk}


def make_waiting(world: World, person: Member) -> Names:
    return {"message_id": _asked(person).pk}


def _question(world: World, person: Member, at: Names) -> Names:
    return {"text": "And for whom?", "key": uuid4()}


CONVERSATION = Thing("a conversation", make_conversation, absent={"conversation_id": NOWHERE})
QUESTION = Thing("a question", make_question, absent={"message_id": NOWHERE})
ANSWER = Thing("an answer", make_answer, absent={"message_id": NOWHERE})
WAITING = Thing("an answer to come", make_waiting, absent={"message_id": NOWHERE})
OWN = members(200, others=404, absent=404)
OWN_ACT = members(302, others=404, absent=404)
NOT_OF_THIS_KIND = members(404, others=404, absent=404)

ROWS = (
    get("inference:chat", members(200)),
    post("inference:chat", members(302), sends=_question),
    get("inference:conversation_list", members(200)),
    get("inference:conversation_list", members(200), sends={"q": "Neighbour"}, note="search"),
    *about(
        CONVERSATION,
        get("inference:conversation", OWN),
        post("inference:conversation", OWN_ACT, sends=_question),
        get("inference:rename", OWN),
        post("inference:rename", OWN_ACT, sends={"title": "Blankets"}),
        get("inference:delete", OWN),
        post("inference:delete", OWN_ACT),
    ),
    *about(
        QUESTION,
        get("inference:edit", OWN),
        post("inference:edit", OWN_ACT, sends=_question),
        post("inference:ask_again", NOT_OF_THIS_KIND),
        post("inference:stop", NOT_OF_THIS_KIND),
    ),
    *about(
        ANSWER,
        get("inference:edit", NOT_OF_THIS_KIND),
        post("inference:edit", NOT_OF_THIS_KIND, sends=_question),
        post("inference:ask_again", OWN_ACT),
        # It has ended: stopping it is harmless, and it is shown already.
        post("inference:stop", OWN_ACT, changes=False),
        post("inference:show", OWN_ACT, changes=False),
    ),
    *about(WAITING, post("inference:stop", OWN_ACT)),
)
