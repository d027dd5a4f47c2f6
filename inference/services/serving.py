"""What the AI may answer with at a moment: the version in force, unless the emergency brake says otherwise."""

from __future__ import annotations

from datetime import datetime

from governance.models import Proposal, ProposalState, ProposalVersion
from inference.behaviour import Behaviour, InvalidBehaviour
from inference.models import BehaviourVersion, Brake, BrakeMode
from inference.services import behaviour, brake
from inference.services.behaviour import NoBehaviour


class Paused(Exception):
    """The community's emergency brake stops the AI; `brake` says since when."""

    def __init__(self, pulled: Brake) -> None:
        super().__init__(f"brake {pulled.pk}")
        self.brake = pulled


def serving(*, now: datetime) -> BehaviourVersion:
    """The version that answers at `now`. Raises NoBehaviour or Paused."""
    version = behaviour.in_force()
    pulled = brake.acting(now=now)
    if pulled is None:
        return version
    if pulled.mode == BrakeMode.PAUSE:
        raise Paused(pulled)
    earlier = brake.previous(version)
    if earlier is None:
        raise NoBehaviour
    return earlier


def paused(*, now: datetime) -> Brake | None:
    """The brake that stops the AI at `now`, if one does."""
    pulled = brake.acting(now=now)
    return pulled if pulled is not None and pulled.mode == BrakeMode.PAUSE else None


def for_worker(sha256: str, *, preview: bool, now: datetime) -> Behaviour | None:
    """The behaviour with this hash if the worker may load it now, else None.

    To answer members, only the one that is being served. For a `preview`, also those that a proposal under
    discussion would bring: their answers go to the proposal's page and nowhere else.
    """
    if preview:
        return _under_discussion(sha256)
    try:
        version = serving(now=now)
    except (NoBehaviour, Paused):
        return None
    return behaviour.behaviour_of(version) if version.sha256 == sha256 else None


def _under_discussion(sha256: str) -> Behaviour | None:
    try:
        version = behaviour.in_force()
    except NoBehaviour:
        return None
    if version.sha256 == sha256:
        return behaviour.behaviour_of(version)
    discussed = Proposal.objects.filter(
        kind__in=behaviour.effect_kinds(), state__in=(ProposalState.DRAFT, ProposalState.OPEN)
    ).values_list("pk", "version")
    present = dict(discussed)
    for row in ProposalVersion.objects.filter(proposal__in=present):
        if row.number == present[row.proposal_id]:
            try:
                proposed = Behaviour.from_json(row.payload.get("behaviour"))
            except InvalidBehaviour:
                continue
            if proposed.sha256 == sha256:
                return proposed
    return None
