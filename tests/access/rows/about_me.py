"""What the AI knows about me: everybody's own things, to see, take along and erase; suspended members too."""

from __future__ import annotations

from community_ai.core.holdings import Teaching
from governance.models import Member
from inference.models import Conversation
from tests.access.row import Answers, Names, Thing, Who, about, everyone, get, members, post
from tests.access.rows.chat import NOWHERE
from tests.access.world import NOON, World


def make_conversation(world: World, person: Member) -> Names:
    row = Conversation.objects.create(member=person, title="To erase", began_at=NOON, active_at=NOON)
    return {"kind": "conversations", "key": str(row.pk)}


PIECE = Thing("a piece of one's own", make_conversation, absent={"kind": "conversations", "key": NOWHERE})
OWN = members(200, but={Who.SUSPENDED: Answers(200)})
LEAVES = {"teaching": Teaching.ANONYMISE.value, "name": "somebody else"}

ROWS = (
    get("consent:about_me", OWN),
    get("consent:things", OWN, at={"kind": "conversations"}),
    get("consent:things", members(404, but={Who.SUSPENDED: Answers(404)}), at={"kind": "nothing"}, note="no such kind"),
    get("consent:erase_kind", OWN, at={"kind": "thanks"}),
    post("consent:erase_kind", members(302, but={Who.SUSPENDED: Answers(302)}), at={"kind": "thanks"}),
    get("consent:erase_kind", members(404, but={Who.SUSPENDED: Answers(404)}), at={"kind": "votes"}, note="votes stay"),
    *about(
        PIECE,
        get("consent:erase_piece", members(200, others=404, absent=404, but={Who.SUSPENDED: Answers(404)})),
        post("consent:erase_piece", members(302, others=404, absent=404, but={Who.SUSPENDED: Answers(404)})),
    ),
    get("consent:take_along", OWN),
    post("consent:take_along", OWN, changes=False),
    get("consent:leave", OWN),
    post("consent:leave", members(422, but={Who.SUSPENDED: Answers(422)}), sends=LEAVES, note="another name"),
    get("consent:proof", everyone(404), at={"code": "abcdefghijklmnopqrstuvwxyz"}, note="no such code"),
    get("consent:proof_file", everyone(404), at={"code": "abcdefghijklmnopqrstuvwxyz"}, note="no such code"),
)
