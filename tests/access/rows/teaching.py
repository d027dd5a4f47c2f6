"""Teaching: what a member taught and asked is theirs; those who review read what was handed in, and decide."""

from __future__ import annotations

from uuid import UUID, uuid4

from governance.models import Member
from governance.permissions import Permission
from knowledge.models import Matter, Verdict
from knowledge.services import corrections, open_questions
from knowledge.services.corrections import Answered, Said
from tests.access.row import Names, Thing, about, get, members, only, post
from tests.access.rows.chat import ANSWER, NOT_OF_THIS_KIND, OWN, OWN_ACT, QUESTION
from tests.access.rows.knowledge import ENTRY
from tests.access.world import NOON, World

NOWHERE = UUID("00000000-0000-4000-8000-000000000000")
WORDS = {"verdict": "not_quite", "matter": "fact", "better": "Of wool.", "comment": "", "with_name": "no"}
ENTRY_WORDS = {"title": "A word", "body": "What it means.", "language": "en", "tags": "", "source": "", "key": "1"}


def make_taught(world: World, person: Member) -> Names:
    row = corrections.teach(
        member=person,
        answered=Answered(uuid4(), question=f"What is {person} weaving?", answer="A blanket.", behaviour=1),
        said=Said(Verdict.NOT_QUITE, Matter.FACT, better="A shawl.", may_train=True),
        now=NOON,
    )
    return {"pk": row.pk}


def make_asked(world: World, person: Member) -> Names:
    row = open_questions.ask_teachers(member=person, text=f"Who taught {person}?", with_name=False, now=NOON)
    return {"pk": row.pk}


def _entry(world: World, person: Member, at: Names) -> Names:
    return {"entry": str(world.things[ENTRY.name, world.neighbour.pk]["pk"])}


TAUGHT = Thing("something taught", make_taught, absent={"pk": NOWHERE})
ASKED = Thing("a question to those who teach", make_asked, absent={"pk": NOWHERE})
READ = only(Permission.TEACH, 200, others=200, absent=404)
# One's own is for another teacher.
DECIDE = only(Permission.TEACH, 409, others=302, absent=404)
ANSWER_IT = only(Permission.TEACH, 302, others=302, absent=404)
NO_SUCH_KIND = only(Permission.TEACH, 404, others=404, absent=404)

ROWS = (
    get("knowledge:taught", members(200)),
    post("knowledge:taught_read", members(302), changes=False, note="nothing new"),
    get("knowledge:reviews", only(Permission.TEACH, 200)),
    get("knowledge:questions", members(200)),
    post("knowledge:questions_read", members(302), changes=False, note="nothing new"),
    get("knowledge:ask", members(200)),
    post("knowledge:ask", members(302), sends={"text": "Who knows the song?", "with_name": "no"}),
    post("knowledge:ask", members(422), sends={"text": "", "with_name": "no"}, note="empty"),
    *about(
        TAUGHT,
        get("knowledge:correction", OWN),
        post("knowledge:correction", OWN_ACT, sends={**WORDS, "number": "1"}),
        post("knowledge:correction_take_back", OWN_ACT),
        get("knowledge:review", READ),
        get("knowledge:review_add", READ, at={"kind": "question"}),
        post("knowledge:review_add", DECIDE, at={"kind": "question"}, sends=ENTRY_WORDS),
        post("knowledge:review_example", DECIDE, sends={"number": "1", "text": "A shawl."}),
        post("knowledge:review_matter", DECIDE, sends={"number": "1"}),
        post("knowledge:review_decline", DECIDE, sends={"number": "1", "reason": "It is a blanket."}),
    ),
    *about(
        ASKED,
        post("knowledge:question_take_back", OWN_ACT),
        get("knowledge:question", READ),
        get("knowledge:question_answer", READ, at={"kind": "question"}),
        get("knowledge:question_answer", NO_SUCH_KIND, at={"kind": "poem"}, note="no such kind"),
        post("knowledge:question_answer", ANSWER_IT, at={"kind": "question"}, sends=ENTRY_WORDS),
        post("knowledge:question_answer_with", ANSWER_IT, sends=_entry),
        post("knowledge:question_close", ANSWER_IT, sends={"reason": "Ask at the gate."}),
    ),
    *about(
        ANSWER,
        get("inference:teach", OWN),
        post("inference:teach", OWN_ACT, sends={**WORDS, "number": "0"}),
        get("inference:ask_teachers", OWN),
    ),
    *about(
        QUESTION,
        get("inference:teach", NOT_OF_THIS_KIND),
        post("inference:teach", NOT_OF_THIS_KIND, sends=WORDS),
        get("inference:ask_teachers", NOT_OF_THIS_KIND),
    ),
)
