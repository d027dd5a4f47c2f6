"""The pages about how the AI behaves. Everybody reads them; the brake is for those whose role may pause the AI."""

from __future__ import annotations

from dataclasses import replace

from governance.models import Member
from governance.permissions import Permission
from governance.services import proposals
from inference.models import BrakeMode
from inference.services import behaviour, samples
from tests.access.row import PERMISSIONS, Answers, Names, Thing, about, get, members, only, post
from tests.access.rows.decisions import DRAFT
from tests.access.world import NOON, World


def make_change(world: World, person: Member) -> Names:
    """A draft that would give the AI a greeting of the person's."""
    proposed = replace(behaviour.behaviour_of(behaviour.in_force()), greeting=f"{person} says hello.")
    draft = proposals.draft(
        author=person,
        kind="behaviour-manner",
        title="A greeting",
        reason="It is friendly.",
        payload=behaviour.payload_of(proposed),
        now=NOON,
    )
    return {"proposal": draft.pk}


def make_question(world: World, person: Member) -> Names:
    return {"question": samples.add_question(by=person, text=f"How is {person}?", now=NOON).pk}


def of_the_draft(world: World, person: Member) -> Names:
    return {"proposal": DRAFT.make(world, person)["pk"]}


MODERATORS = [who for who, permissions in PERMISSIONS.items() if Permission.MODERATE in permissions]
CHANGE = Thing("a draft of another behaviour", make_change, absent={"proposal": 999_999})
NO_CHANGE = Thing("a draft about something else", of_the_draft, absent={"proposal": 999_999})
QUESTION = Thing("a sample question", make_question, absent={"question": 999_999})

ROWS = (
    get("inference:ai", members(200)),
    get("inference:ai_version", members(200), at={"number": 1}, note="the founder's"),
    get("inference:ai_version", members(404), at={"number": 999_999}, note="no such version"),
    # Who may not pull it reads who can.
    get("inference:brake", members(200)),
    post("inference:brake", only(Permission.PAUSE, 302), sends={"mode": BrakeMode.PAUSE, "reason": "It is rude."}),
    # It is not pulled.
    post("inference:brake_take_back", members(409)),
    get("inference:sample_questions", members(200)),
    post("inference:sample_questions", members(302), sends={"text": "What is a warp?"}),
    *about(
        QUESTION,
        # Their own, and moderators everybody's.
        post(
            "inference:sample_question_remove",
            members(302, others=409, absent=404, but=dict.fromkeys(MODERATORS, Answers(302, others=302, absent=404))),
        ),
    ),
    # Outside a page that htmx keeps up to date, it leads to the proposal.
    *about(CHANGE, get("inference:samples", members(302, others=302, absent=404))),
    *about(NO_CHANGE, get("inference:samples", members(404, others=404, absent=404))),
)
