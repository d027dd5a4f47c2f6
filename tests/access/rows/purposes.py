"""What may happen with what is mine: the switches, the first visit, what was agreed to, and receipts of it."""

from __future__ import annotations

from consent.purposes import Purpose
from consent.services import grants
from governance.models import Member
from tests.access.row import Answers, Names, Thing, Who, about, get, members, post
from tests.access.rows.chat import NOWHERE
from tests.access.world import World

# Everybody agrees to everything there; a switch that was on and is not sent any more is taken back.
TAKE_BACK = {"was_credit": "on"}
SURE = {**TAKE_BACK, "sure": "1"}


def newest_receipt(world: World, person: Member) -> Names:
    (row, *_others) = [row for row in grants.history(member=person) if row.purpose == Purpose.HISTORY]
    return {"pk": row.pk}


RECEIPT = Thing("a receipt of a consent", newest_receipt, absent={"pk": NOWHERE})
# A suspended member can see what they agreed to, and take it back.
OWN = members(200, others=404, absent=404, but={Who.SUSPENDED: Answers(404)})
SEEN = members(200, but={Who.SUSPENDED: Answers(200)})
DONE = members(302, but={Who.SUSPENDED: Answers(302)})

ROWS = (
    get("consent:purposes", SEEN),
    post("consent:purposes", SEEN, sends=TAKE_BACK, note="not sure yet"),
    post("consent:purposes", DONE, sends=SURE),
    get("consent:welcome", SEEN),
    post("consent:welcome", DONE, sends=SURE),
    get("consent:history", SEEN),
    *about(RECEIPT, get("consent:receipt", OWN), get("consent:receipt_file", OWN)),
)
