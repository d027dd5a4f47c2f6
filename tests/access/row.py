"""What a row of the table says: one address, one method, and what each kind of person is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from governance.models import Member
from governance.permissions import Permission

if TYPE_CHECKING:
    from tests.access.world import World

Names = dict[str, Any]
"""What an address or a form is filled in with."""


class Who(StrEnum):
    """Everybody who may come to an address. Those of `SIGNED_OUT` are nobody to the node, whatever cookie they hold."""

    NOBODY = "somebody who is not signed in"
    SUSPENDED = "a suspended member with a session from before"
    FORMER = "a former member, erased, with a session from before"
    MEMBER = "a member"
    TEACHER = "a teacher"
    MODERATOR = "a moderator"
    ADMIN = "an administrator"


SIGNED_OUT = (Who.NOBODY, Who.SUSPENDED, Who.FORMER)
SIGNED_IN = (Who.MEMBER, Who.TEACHER, Who.MODERATOR, Who.ADMIN)
PERMISSIONS: Mapping[Who, tuple[Permission, ...]] = {
    Who.MEMBER: (),
    Who.TEACHER: (Permission.TEACH,),
    Who.MODERATOR: (Permission.MODERATE,),
    Who.ADMIN: tuple(Permission),
}
Answer = int | str
"""A status; or the path to which a refusal leads. A plain 302 is the way on after something was done."""
SIGN_IN = "/accounts/login/"


@dataclass(frozen=True)
class Answers:
    """What one person is answered: for their own thing, for another member's, and for one that does not exist.

    An address without a thing has `own` alone.
    """

    own: Answer
    others: Answer | None = None
    absent: Answer | None = None


May = Mapping[Who, Answers]


def members(own: Answer, *, others: Answer | None = None, absent: Answer | None = None, but: Any = None) -> May:
    """Every signed-in member is answered this; everybody else is sent to the sign-in page."""
    return {**dict.fromkeys(SIGNED_OUT, Answers(SIGN_IN)), **dict.fromkeys(SIGNED_IN, Answers(own, others, absent)),
            **(but or {})}  # fmt: skip


def only(
    permission: Permission, own: Answer, *, others: Answer | None = None, absent: Answer | None = None, rest: int = 403
) -> May:
    """Those whose role has the permission; other members are refused with `rest`."""
    allowed = Answers(own, others, absent)
    refused = Answers(rest, None if others is None else rest, None if absent is None else rest)
    return {
        **dict.fromkeys(SIGNED_OUT, Answers(SIGN_IN)),
        **{who: allowed if permission in PERMISSIONS[who] else refused for who in SIGNED_IN},
    }


def visitors(answer: Answer, *, members: Answer) -> May:
    """A page for people who are not signed in; members are answered something else."""
    return {**dict.fromkeys(SIGNED_OUT, Answers(answer)), **dict.fromkeys(SIGNED_IN, Answers(members))}


def everyone(answer: Answer) -> May:
    return dict.fromkeys(Who, Answers(answer))


@dataclass(frozen=True)
class Thing:
    """What an address is about, such as a draft: `make` gives `person` one and returns what the address names it by.

    `absent` names one that does not exist, in the same form.
    """

    name: str
    make: Callable[[World, Member], Names]
    absent: Names


Sends = Callable[["World", Member, Names], Names]


@dataclass(frozen=True)
class Row:
    route: str
    method: str
    may: May
    thing: Thing | None = None
    at: Names = field(default_factory=dict)
    """What the address is filled in with beside the thing."""
    sends: Names | Sends = field(default_factory=dict)
    """The form, or the query of a GET."""
    changes: bool | None = None
    """Whether rows of the database change for those who may: by default of a POST that leads on (302)."""
    note: str = ""

    def __str__(self) -> str:
        about = self.note or (self.thing.name if self.thing else "")
        return f"{self.method} {self.route}" + (f" ({about})" if about else "")

    def answers(self, who: Who) -> dict[str, Answer]:
        """Whose thing is asked for, and the answer. Who is signed out has no thing, and is answered always the same."""
        answers = self.may[who]
        if self.thing is None:
            return {"": answers.own}
        if who in SIGNED_OUT:
            return {"others": answers.own, "absent": answers.own}
        asked = {"own": answers.own, "others": answers.others, "absent": answers.absent}
        return {whose: answer for whose, answer in asked.items() if answer is not None}

    def hides_others(self, who: Who) -> bool:
        """Whether another member's thing must look to this person as if it did not exist."""
        answers = self.answers(who)
        return "others" in answers and answers["others"] == answers["absent"]

    def may_change(self, answer: Answer) -> bool:
        """Whether a request that is answered so changes rows of the database."""
        let_in = answer == (302 if self.method == "POST" and not self.changes else 200)
        return let_in and (self.method == "POST" if self.changes is None else self.changes)


def get(route: str, may: May, **more: Any) -> Row:
    return Row(route, "GET", may, **more)


def post(route: str, may: May, **more: Any) -> Row:
    return Row(route, "POST", may, **more)


def about(thing: Thing, *rows: Row) -> tuple[Row, ...]:
    """The rows, each about this thing."""
    return tuple(replace(row, thing=thing) for row in rows)
