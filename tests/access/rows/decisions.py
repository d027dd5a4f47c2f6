"""The Decisions pages. Everybody reads every proposal and discusses it; some acts are its author's alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from governance import effects
from governance.effects import EffectFailed
from governance.models import Eligibility, Member, Proposal, ProposalState
from governance.permissions import Permission
from governance.services import ballots, closing, comments, proposals
from tests.access.row import Names, Thing, Who, about, get, members, only, post
from tests.access.world import NOON, World
from tests.governance.decisions.conftest import kind_replaced

LONG_AGO = NOON - timedelta(days=30)
ABSENT = {"pk": 10**40}
WORDS = {"wording-title": "A role for singers", "wording-reason": "They sing."}
CONTENT = {"effect-name": "Singer", "effect-permissions": ["teach"]}


def _draft(person: Member, *, key: str, when: datetime = NOON, kind: str = "role-create") -> Proposal:
    payload = (
        {"key": key, "name": key, "permissions": []}
        if kind == "role-create"
        else {"member": person.pk, "role": "member", "successor": None}
    )
    return proposals.draft(author=person, kind=kind, title=key, reason="Why not?", payload=payload, now=when)


def _open(person: Member, *, key: str, when: datetime = NOON, kind: str = "role-create") -> Proposal:
    draft = _draft(person, key=key, when=when, kind=kind)
    return proposals.open_vote(author=person, proposal_id=draft.pk, version=1, now=when)


def _ended(person: Member, *, key: str, choice: str = "yes", kind: str = "role-create") -> Proposal:
    proposal = _open(person, key=key, when=LONG_AGO, kind=kind)
    for right in Eligibility.objects.filter(proposal=proposal).select_related("member"):
        ballots.cast(member=right.member, proposal_id=proposal.pk, choice=choice, version=1, now=LONG_AGO)  # type: ignore[arg-type]
    assert proposal.closes_at is not None
    closing.close(proposal_id=proposal.pk, now=proposal.closes_at)
    proposal.refresh_from_db()
    return proposal


def make_draft(world: World, person: Member) -> Names:
    return {"pk": _draft(person, key=f"draft-{person.pk}").pk}


def make_open(world: World, person: Member) -> Names:
    return {"pk": _open(person, key=f"open-{person.pk}").pk}


def make_secret(world: World, person: Member) -> Names:
    return {"pk": _open(person, key=f"secret-{person.pk}", kind="role-dismiss").pk}


def make_due(world: World, person: Member) -> Names:
    """Over by the clock, and not counted yet."""
    return {"pk": _open(person, key=f"due-{person.pk}", when=LONG_AGO).pk}


def make_withdrawn(world: World, person: Member) -> Names:
    draft = _draft(person, key=f"withdrawn-{person.pk}")
    return {"pk": proposals.withdraw(author=person, proposal_id=draft.pk, now=NOON).pk}


def make_rejected(world: World, person: Member) -> Names:
    return _in_state(_ended(person, key=f"rejected-{person.pk}", choice="no"), ProposalState.REJECTED)


def make_carried_out(world: World, person: Member) -> Names:
    return _in_state(_ended(person, key=f"carried-out-{person.pk}"), ProposalState.CARRIED_OUT)


def make_superseded(world: World, person: Member) -> Names:
    """Two members wanted the same; the other one was first."""
    key = f"superseded-{person.pk}"
    second = _open(person, key=key, when=LONG_AGO)
    _ended(person, key=key)
    for right in Eligibility.objects.filter(proposal=second).select_related("member"):
        ballots.cast(member=right.member, proposal_id=second.pk, choice="yes", version=1, now=LONG_AGO)  # type: ignore[arg-type]
    closing.close(proposal_id=second.pk, now=NOON)
    second.refresh_from_db()
    return _in_state(second, ProposalState.SUPERSEDED)


def make_failed(world: World, person: Member) -> Names:
    with kind_replaced("role-create", apply=_nobody_can):
        return _in_state(_ended(person, key=f"failed-{person.pk}"), ProposalState.FAILED)


def _nobody_can(**_: Any) -> None:
    raise EffectFailed("Nobody can.")


def _in_state(proposal: Proposal, state: ProposalState) -> Names:
    assert proposal.state == state
    return {"pk": proposal.pk}


def make_contribution(world: World, person: Member) -> Names:
    draft = make_draft(world, person)["pk"]
    return {"pk": comments.contribute(author=person, proposal_id=draft, text="Well.", now=NOON).pk}


def make_hidden(world: World, person: Member) -> Names:
    contribution = make_contribution(world, person)
    comments.hide(by=world.people[Who.ADMIN], comment_id=contribution["pk"], reason="A name.", now=NOON)
    return contribution


CONTRIBUTION = Thing("a contribution", make_contribution, absent=ABSENT)
HIDDEN = Thing("a hidden contribution", make_hidden, absent=ABSENT)
DRAFT = Thing("a draft", make_draft, absent=ABSENT)
OPEN = Thing("a named vote", make_open, absent=ABSENT)
SECRET = Thing("a secret vote", make_secret, absent=ABSENT)
DUE = Thing("a vote that waits to be counted", make_due, absent=ABSENT)
OVER = (
    Thing("a withdrawn proposal", make_withdrawn, absent=ABSENT),
    Thing("a rejected proposal", make_rejected, absent=ABSENT),
    Thing("a proposal that was carried out", make_carried_out, absent=ABSENT),
    Thing("a proposal that was overtaken", make_superseded, absent=ABSENT),
    Thing("a proposal that failed", make_failed, absent=ABSENT),
)
VOTE = {"choice": "yes", "version": 1}
# Everybody reads, discusses and votes alike.
ALL = members(200, others=200, absent=404)
ALL_ACT = members(302, others=302, absent=404)
# Its author alone; the others read why nothing was done.
AUTHOR = members(302, others=409, absent=404)
MODERATORS = only(Permission.MODERATE, 200, others=200, absent=404)
WHY = {"reason": "It calls somebody a name."}
REFUSED = members(409, others=409, absent=404)


def _emergency(world: World, person: Member, at: Names) -> Names:
    return {"member": world.neighbour.pk, "days": 10, "reason": "A quarrel."}


ROWS = (
    get("governance:decisions", members(200)),
    get("governance:voting_rules", members(200)),
    get("governance:roles", members(200)),
    get("governance:proposal_start", members(200)),
    *(
        get("governance:proposal_draft", members(200 if kind.startable else 404), at={"kind": kind.key}, note=kind.key)
        for kind in effects.kinds()
    ),
    get("governance:proposal_draft", members(404), at={"kind": "no-such-kind"}, note="no such kind"),
    post("governance:proposal_draft", members(302), at={"kind": "role-create"}, sends={**WORDS, **CONTENT}),
    post("governance:proposal_draft", members(422), at={"kind": "role-create"}, note="nothing filled in"),
    post("governance:proposal_draft", members(404), at={"kind": "suspension-ratify"}, note="opens by itself"),
    post("governance:suspend", only(Permission.SUSPEND, 422), note="nothing filled in"),
    get("governance:suspend", only(Permission.SUSPEND, 200)),
    post("governance:suspend", only(Permission.SUSPEND, 302), sends=_emergency),
    *about(
        DRAFT,
        get("governance:proposal", ALL),
        get("governance:proposal_amend", members(200, others=409, absent=404)),
        post("governance:proposal_amend", AUTHOR, sends={**WORDS, **CONTENT}),
        post("governance:proposal_amend", members(422, others=409, absent=404), note="a draft, nothing filled in"),
        post("governance:proposal_open", AUTHOR, sends={"version": 1}),
        post("governance:proposal_open", REFUSED, sends={"version": 2}, note="a draft, another version of it"),
        post("governance:proposal_withdraw", AUTHOR),
        post("governance:proposal_comment", ALL_ACT, sends={"text": "I think so too."}),
        post("governance:proposal_comment", members(422, others=422, absent=404), note="a draft, nothing said"),
        post("governance:proposal_vote", REFUSED, sends=VOTE),
    ),
    *about(
        CONTRIBUTION,
        get("governance:comment_hide", MODERATORS),
        post("governance:comment_hide", only(Permission.MODERATE, 302, others=302, absent=404), sends=WHY),
        post(
            "governance:comment_hide", only(Permission.MODERATE, 422, others=422, absent=404), note="without a reason"
        ),
        post("governance:comment_show", only(Permission.MODERATE, 302, others=302, absent=404), changes=False),
    ),
    *about(
        HIDDEN,
        post("governance:comment_hide", only(Permission.MODERATE, 409, others=409, absent=404), sends=WHY),
        post("governance:comment_show", only(Permission.MODERATE, 302, others=302, absent=404)),
    ),
    *(
        row
        for thing in (OPEN, SECRET)
        for row in about(
            thing,
            get("governance:proposal", ALL),
            get("governance:proposal_amend", REFUSED),
            post("governance:proposal_amend", REFUSED, sends={**WORDS, **CONTENT}),
            post("governance:proposal_open", REFUSED, sends={"version": 1}),
            post("governance:proposal_withdraw", AUTHOR),
            post("governance:proposal_comment", ALL_ACT, sends={"text": "I think so too."}),
            post("governance:proposal_vote", ALL_ACT, sends=VOTE),
        )
    ),
    *(
        row
        for thing in (DUE, *OVER)
        for row in about(
            thing,
            get("governance:proposal", ALL),
            get("governance:proposal_amend", REFUSED),
            post("governance:proposal_amend", REFUSED, sends={**WORDS, **CONTENT}),
            post("governance:proposal_open", REFUSED, sends={"version": 1}),
            post("governance:proposal_withdraw", REFUSED),
            post("governance:proposal_comment", REFUSED, sends={"text": "I think so too."}),
            post("governance:proposal_vote", REFUSED, sends=VOTE),
        )
    ),
)
