"""What the AI may remember about a member: their own alone, for nobody else to see."""

from __future__ import annotations

from governance.models import Member
from inference.models import Remembered
from inference.services import memory
from tests.access.row import Answers, Names, Thing, Who, about, get, members, post
from tests.access.rows.chat import ANSWER, NOT_OF_THIS_KIND, NOWHERE, OWN, OWN_ACT, QUESTION
from tests.access.world import NOON, World


def make_fact(world: World, person: Member) -> Names:
    row = memory.remember(member=person, text=f"I am {person}.", source=Remembered.Source.PAGE, now=NOON)
    return {"pk": row.pk}


FACT = Thing("a fact about a member", make_fact, absent={"pk": NOWHERE})
TEXT = {"text": "I weave blankets."}
# Suspended members reach what is theirs; none of these is, and they add nothing.
MINE = members(200, others=404, absent=404, but={Who.SUSPENDED: Answers(404)})
MINE_ACT = members(302, others=404, absent=404, but={Who.SUSPENDED: Answers(404)})

ROWS = (
    get("inference:memory", members(200, but={Who.SUSPENDED: Answers(200)})),
    post("inference:memory", members(302, but={Who.SUSPENDED: Answers(403)}), sends=TEXT),
    *about(
        FACT,
        get("inference:fact", MINE),
        post("inference:fact", MINE_ACT, sends=TEXT),
        get("inference:forget_fact", MINE),
        post("inference:forget_fact", MINE_ACT),
    ),
    *about(QUESTION, get("inference:remember", OWN), post("inference:remember", OWN_ACT, sends=TEXT)),
    *about(
        ANSWER,
        get("inference:remember", NOT_OF_THIS_KIND),
        post("inference:remember", NOT_OF_THIS_KIND, sends=TEXT),
    ),
)
