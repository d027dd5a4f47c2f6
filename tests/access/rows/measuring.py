"""The question set and what was measured with it: everybody reads, those who review what is taught keep the set."""

from __future__ import annotations

from governance.models import Member
from governance.permissions import Permission
from inference.services import evaluations
from knowledge.services import question_set
from tests.access.row import Names, Thing, Who, about, get, members, only, post
from tests.access.world import NOON, World


def make_question(world: World, person: Member) -> Names:
    """Whoever asks, a teacher wrote it down."""
    row = question_set.add(
        by=world.people[Who.TEACHER], text=f"What does {person} weave?", answers=["A shawl"], language="en", now=NOON
    )
    return {"pk": row.pk}


def make_run(world: World, person: Member) -> Names:
    return {"pk": evaluations.keep(measured=[], limited=True, began_at=NOON, now=NOON).pk}


SET_QUESTION = Thing("a question of the set", make_question, absent={"pk": 999_999})
RUN = Thing("an evaluation", make_run, absent={"pk": 999_999})
WORDS = {"known": "note", "answers": "Wool", "wrong": "", "language": "en", "entry": ""}

ROWS = (
    get("knowledge:question_set", members(200)),
    get("knowledge:question_set_add", only(Permission.TEACH, 200)),
    post("knowledge:question_set_add", only(Permission.TEACH, 302), sends={**WORDS, "text": "What is a warp made of?"}),
    post("knowledge:question_set_add", only(Permission.TEACH, 422), sends={**WORDS, "text": ""}, note="empty"),
    *about(
        SET_QUESTION,
        post("knowledge:question_set_remove", only(Permission.TEACH, 302, others=302, absent=404)),
    ),
    get("inference:evaluation", members(200)),
    *about(RUN, get("inference:evaluation_run", members(200, others=200, absent=404))),
)
