"""Notes about the node: members read and write them, moderators answer them, and a code shows one to whoever has it."""

from __future__ import annotations

from governance.models import FeedbackNote, Member
from governance.permissions import Permission
from governance.services import feedback
from tests.access.row import Names, Thing, about, everyone, get, members, only, post
from tests.access.world import NOON, World

CODE, NO_CODE = "AAAA-AAAA-AAAA", "BBBB-BBBB-BBBB"


def make_note(world: World, person: Member) -> Names:
    """A note without a name; the first one has the code that is known here."""
    code = "" if FeedbackNote.objects.exists() else CODE
    written = feedback.write(member=person, text=f"{person} wishes a bell.", code=code, signed=False, now=NOON)
    return {"pk": written.note.pk}


def _words(world: World, person: Member, at: Names) -> Names:
    return {"text": f"What {person} thinks.", "sender": "none"}


NOTE = Thing("a note about the node", make_note, absent={"pk": 2**31 - 1})
MODERATORS = only(Permission.MODERATE, 200, others=200, absent=404)
MODERATE = only(Permission.MODERATE, 302, others=302, absent=404)

ROWS = (
    get("governance:feedback", members(200)),
    get("governance:feedback_write", members(200)),
    # The answer is the page with the code itself, never an address with it.
    post("governance:feedback_write", members(200), sends=_words, changes=True),
    post("governance:feedback_write", members(422), sends={"text": "", "sender": "none"}, note="empty"),
    post("governance:feedback_follow", everyone(200), sends={"code": CODE}),
    post("governance:feedback_follow", everyone(422), sends={"code": NO_CODE}, note="no such code"),
    get("governance:feedback_by_code", everyone(200), at={"code": CODE}),
    get("governance:feedback_by_code", everyone(404), at={"code": NO_CODE}, note="no such code"),
    *about(
        NOTE,
        get("governance:feedback_note", MODERATORS),
        post("governance:feedback_note", MODERATE, sends={"state": "planned", "text": "We will.", "seen": "new"}),
        post("governance:feedback_hide", MODERATE, sends={"reason": "It names a person."}),
        # It is shown already.
        post("governance:feedback_show", MODERATE, changes=False),
    ),
)
