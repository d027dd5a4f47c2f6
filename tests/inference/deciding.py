"""How the tests of this room let a community decide: by its real votes, never by writing rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from governance.effects import Payload
from governance.models import Decision, Member, Proposal
from governance.services import ballots, closing, proposals
from governance.services.rules import ensure_default_rules
from inference.behaviour import Behaviour
from inference.models import BehaviourVersion
from inference.services import behaviour


def propose(by: Member, kind: str, payload: Payload, *, now: datetime, title: str = "A change") -> Proposal:
    """An open vote."""
    ensure_default_rules(now=now)
    draft = proposals.draft(author=by, kind=kind, title=title, reason="We talked about it.", payload=payload, now=now)
    return proposals.open_vote(author=by, proposal_id=draft.pk, version=1, now=now)


def vote(proposal: Proposal, choice: str = "yes", *, voters: Any = None) -> Decision:
    """Everybody who may vote votes at once, and the vote is closed in time."""
    assert proposal.opened_at is not None
    assert proposal.closes_at is not None
    for member in voters or Member.objects.filter(is_active=True):
        ballots.cast(
            member=member, proposal_id=proposal.pk, choice=choice, version=proposal.version, now=proposal.opened_at
        )
    decision = closing.close(proposal_id=proposal.pk, now=proposal.closes_at)
    assert decision is not None
    return decision


def decide(by: Member, kind: str, changed: Behaviour, *, now: datetime) -> BehaviourVersion:
    """The version that a passed vote brings."""
    decision = vote(propose(by, kind, behaviour.payload_of(changed), now=now))
    return BehaviourVersion.objects.get(decision=decision)
