"""Who may do what: every address of the node, every method, every kind of person, everybody's things.

A new page needs a row, or `test_every_route_has_its_rows` fails. Add it to the module of its room in
`tests/access/rows/` (a new room: a new module with `ROWS`, named here):

    get("governance:account", members(200)),
    post("governance:suspend", only(Permission.SUSPEND, 302), sends={...}),

If the address is about a thing that belongs to somebody, say what each is answered for another member's and for an
absent one, and how one is made:

    CONVERSATION = Thing("a conversation", make_conversation, absent={"conversation_id": NOWHERE})
    *about(CONVERSATION, get("inference:conversation", members(200, others=404, absent=404))),

Every row is then asked for real, by everybody. What the tests hold without being told:

- whoever is not answered 200 on a GET or 302 on a POST has changed no row of the database, and a POST that is answered
  302 has changed one (`changes=False` where it has not; `changes=True` for one that is answered 200);
- where another member's thing is 404, the answer is byte for byte that for an absent one;
- a method without a row is answered 405, and a POST without its token is refused.
"""

from __future__ import annotations

from tests.access.row import Row
from tests.access.rows import (
    about_me,
    accounts,
    backups,
    behaviour,
    chat,
    community,
    decisions,
    feedback,
    imports,
    knowledge,
    measuring,
    memory,
    moderators,
    purposes,
    sign_ins,
    teaching,
)

TABLE: tuple[Row, ...] = (
    *community.ROWS,
    *decisions.ROWS,
    *chat.ROWS,
    *memory.ROWS,
    *behaviour.ROWS,
    *knowledge.ROWS,
    *imports.ROWS,
    *teaching.ROWS,
    *measuring.ROWS,
    *feedback.ROWS,
    *purposes.ROWS,
    *sign_ins.ROWS,
    *about_me.ROWS,
    *backups.ROWS,
    *accounts.ROWS,
    *moderators.ROWS,
)

OPEN_BEFORE_FOUNDING = {"governance:setup", "governance:set_language"}
"""What a node without a community answers to. Everything else leads to the set-up."""
