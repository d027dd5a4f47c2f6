"""The websockets: who may connect to what, and what each action of the chat's page does with whose message."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from consent.access import in_service
from governance.models import Member
from inference.models import Answer
from tests.access.row import Names, Thing
from tests.access.rows.chat import NOWHERE, make_answer, make_waiting
from tests.access.world import World

CONVERSATION = "/ws/chat/<str:conversation_id>/"
ANYWHERE_ELSE = "/"
SIGNED_OUT_CODE = 4401
NOT_FOUND_CODE = 4404
GONE = "This is not here any more"


@dataclass(frozen=True)
class Action:
    """What the chat's page sends as `type`. About another member's message it is refused as about an absent one."""

    name: str
    says: str
    """The field that names the message."""
    about: str = "answer"
    """The thing that the message is."""
    changes: bool = True
    """Whether rows change when the message is one's own."""
    refusal: str = GONE
    """What the page is told about a message that is not one's own; empty where it is told nothing."""


def make_room(world: World, person: Member) -> Names:
    """A conversation with one answer."""
    answer = make_answer(world, person)["message_id"]
    return {"conversation_id": in_service(Answer).get(message=answer).message.conversation_id, "answer": answer}


def make_waiting_room(world: World, person: Member) -> Names:
    """A conversation in which an answer is waited for."""
    waiting = make_waiting(world, person)["message_id"]
    return {"conversation_id": in_service(Answer).get(message=waiting).message.conversation_id, "waiting": waiting}


ROOM = Thing("a conversation's socket", make_room, absent={"conversation_id": NOWHERE, "answer": NOWHERE})
WAITING_ROOM = Thing(
    "the socket of a conversation that waits",
    make_waiting_room,
    absent={"conversation_id": NOWHERE, "waiting": NOWHERE},
)

ACTIONS = (
    # Tells what the page shows: of what is not there, the page gets its own conversation once more.
    Action("watch", says="leaf", changes=False, refusal=""),
    Action("ask", says="after"),
    Action("ask_again", says="message"),
    Action("stop", says="message", about="waiting"),
    # Back to the answer from which the questions above led on.
    Action("show", says="message"),
)
SOCKETS = {CONVERSATION, ANYWHERE_ELSE, *(f"chat: {action.name}" for action in ACTIONS)}


def message(action: Action, names: Names) -> dict[str, str]:
    sent: dict[str, str | UUID] = {"type": action.name, action.says: str(names[action.about])}
    if action.name == "ask":
        sent.update(text="And for whom?", key=str(uuid4()))
    return {name: str(value) for name, value in sent.items()}
