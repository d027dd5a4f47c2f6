"""Casting a vote, and changing one's mind until the close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from governance import ballot_box
from governance.ballot_box import BoxUnreadable, NoSuchBallot
from governance.counting import CHOICES, Choice
from governance.models import Ballot, BallotBox, Eligibility, Member, Participation, Proposal, ProposalState
from governance.refusals import Refused
from governance.services import audit
from governance.services.ballot_keys import BoxKeyMissing, load_box_key
from governance.services.proposals import locked


class NotEligible(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("You cannot vote on this one: who may vote was fixed when it opened. Your word in the discussion counts.")
        )


class NotOpen(Refused):
    """The vote has not begun, is over, or was withdrawn."""


class UnknownChoice(Refused):
    def __init__(self) -> None:
        super().__init__(_("Please choose one of the answers."))


class OtherVersion(Refused):
    def __init__(self) -> None:
        super().__init__(_("You voted on another version of this proposal. Please read this one and vote again."))


class CodeNeeded(Refused):
    def __init__(self) -> None:
        super().__init__(
            _(
                "You have voted already. To change a secret vote, please give the code that you were shown; "
                "nobody else can tell which ballot is yours. Your vote stays as it was."
            )
        )


class BoxLost(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("The ballot box of this vote cannot be opened on this computer. Nothing was counted or changed.")
        )


@dataclass(frozen=True)
class Receipt:
    """What became of a vote. `code` lets its voter change a secret one; it is kept nowhere else."""

    changed: bool
    code: str = ""


def cast(*, member: Member, proposal_id: int, choice: str, version: int, code: str = "", now: datetime) -> Receipt:
    """Count `choice` as the member's vote in place of an earlier one, if the vote is open at `now`.

    `version` is the version of the proposal that the member read. `code` belongs to a secret vote: needed to change it,
    and taken for the first time when the page has given the voter one already, so that an answer which is lost on the
    way leaves the voter with the code.
    Raises NoSuchProposal, NotOpen, NotEligible, OtherVersion, UnknownChoice, CodeNeeded or BoxLost.
    """
    with transaction.atomic():
        proposal = locked(proposal_id)
        _require_open(proposal, now)
        eligibility = Eligibility.objects.filter(proposal=proposal, member=member).first()
        if eligibility is None or not member.is_active:
            raise NotEligible
        if version != proposal.version:
            raise OtherVersion
        chosen = _allowed(choice, proposal)
        if proposal.rule.secret:  # type: ignore[union-attr]
            return _cast_secretly(proposal, eligibility, member, chosen, code)
        return _cast_by_name(proposal, eligibility, member, chosen, now)


def present_choice(*, proposal: Proposal, member: Member) -> Choice | None:
    """How the member voted in a named vote so far."""
    ballot = Ballot.objects.filter(proposal=proposal, eligibility__member=member).order_by("pk").last()
    return Choice(ballot.choice) if ballot else None


def has_taken_part(*, proposal: Proposal, member: Member) -> bool:
    return (
        Ballot.objects.filter(proposal=proposal, eligibility__member=member).exists()
        or Participation.objects.filter(proposal=proposal, eligibility__member=member).exists()
    )


def _require_open(proposal: Proposal, now: datetime) -> None:
    if proposal.accepts_votes(now=now):
        return
    if proposal.state == ProposalState.DRAFT:
        raise NotOpen(_("The vote on this has not begun yet."))
    if proposal.state == ProposalState.WITHDRAWN:
        raise NotOpen(_("This proposal was withdrawn, so there is nothing to vote on."))
    if proposal.opened_at is not None and now < proposal.opened_at:
        raise NotOpen(
            _("By the clock of this computer the vote has not begun yet. Please tell the person who runs it.")
        )
    raise NotOpen(_("The vote is over. Your vote was not counted."))


def _allowed(choice: str, proposal: Proposal) -> Choice:
    allowed = CHOICES[proposal.rule.terms.counting().method]  # type: ignore[union-attr]
    for known in allowed:
        if known.value == choice:
            return known
    raise UnknownChoice


def _cast_by_name(
    proposal: Proposal, eligibility: Eligibility, member: Member, choice: Choice, now: datetime
) -> Receipt:
    before = Ballot.objects.filter(eligibility=eligibility).order_by("pk").last()
    if before is not None and before.choice == choice:
        return Receipt(changed=False)
    Ballot.objects.create(proposal=proposal, eligibility=eligibility, choice=choice, cast_at=now)
    audit.record(
        kind="ballot.cast",
        actor=member,
        subject=f"proposal:{proposal.pk}",
        facts={"proposal": proposal.pk, "eligibility": eligibility.pk},
        private={"choice": choice.value},
        now=now,
    )
    return Receipt(changed=before is not None)


def _cast_secretly(proposal: Proposal, eligibility: Eligibility, member: Member, choice: Choice, code: str) -> Receipt:
    """No audit entry, no time and no row of its own: see docs/decisions/0013-secret-votes.md."""
    box = BallotBox.objects.filter(proposal=proposal).first()
    if box is None:
        raise BoxLost
    took_part = Participation.objects.filter(eligibility=eligibility).exists()
    code = ballot_box.read_code(code)
    if took_part and not code:
        raise CodeNeeded
    code = code or ballot_box.new_code()
    tag = ballot_box.tag_of(code=code, box=proposal.box, member_id=member.pk)
    act = ballot_box.replace if took_part else ballot_box.put
    try:
        key = load_box_key(proposal.box)
        sealed = act(bytes(box.sealed), key=key, box=proposal.box, tag=tag, choice=choice)
    except NoSuchBallot:
        raise CodeNeeded from None
    except (BoxKeyMissing, BoxUnreadable):
        raise BoxLost from None
    BallotBox.objects.filter(pk=box.pk).update(sealed=sealed)
    if not took_part:
        Participation.objects.create(proposal=proposal, eligibility=eligibility)
    return Receipt(changed=took_part, code=code)
