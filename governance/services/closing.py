"""Closing a vote: count, decision, effect and audit entry in one transaction, or none of the four.

A vote is over by the clock. This materialises it, whoever calls first; a second caller finds it done.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance import ballot_box, counting, effects, seals, standstill
from governance.ballot_box import BoxUnreadable
from governance.counting import Choice, Result
from governance.effects import EffectFailed, InvalidPayload, UnknownKind
from governance.models import (
    PROPOSAL_STATES,
    Ballot,
    BallotBox,
    Community,
    Decision,
    Eligibility,
    Outcome,
    Participation,
    Proposal,
    ProposalState,
    ProposalVersion,
    SecretBallot,
    Suspension,
)
from governance.rule_terms import RuleTerms
from governance.services import audit
from governance.services.ballot_keys import BoxKeyMissing, destroy_box_key, load_box_key
from governance.services.decisions import record_decision
from governance.services.proposals import locked, present_version

logger = logging.getLogger(__name__)

_STATE_OF = {
    Outcome.CARRIED_OUT: ProposalState.CARRIED_OUT,
    Outcome.REJECTED: ProposalState.REJECTED,
    Outcome.FAILED: ProposalState.FAILED,
    Outcome.SUPERSEDED: ProposalState.SUPERSEDED,
}


class ClosingFailed(Exception):
    """Some votes could not be counted now; nothing of them was changed, and the next call tries again."""


class CannotBeCounted(Exception):
    """The ballots are not there to be counted. The sentence is for the decision."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class _Ending:
    outcome: Outcome
    explanation: str | Promise = ""


def close_due(*, now: datetime) -> list[Decision]:
    """Count every open vote whose time is over at `now`. Raises ClosingFailed when one of them resisted.

    While the node stands still only the vote that ends it is counted; the others wait as they are.
    """
    decided, resisted = [], []
    due = Proposal.objects.due(now=now).order_by("closes_at", "pk")
    still = standstill.present()
    if still is not None:
        due = due.filter(pk=still.proposal_id or 0)
    for pk in due.values_list("pk", flat=True):
        try:
            decision = close(proposal_id=pk, now=now)
        except Exception:  # one broken vote must not keep the others open
            logger.exception("proposal %s could not be closed", pk)
            resisted.append(pk)
        else:
            if decision is not None:
                decided.append(decision)
    if resisted:
        raise ClosingFailed(f"could not be closed: {', '.join(map(str, resisted))}")
    return decided


def close(*, proposal_id: int, now: datetime) -> Decision | None:
    """Count one vote and carry its result out; None when it is not due or somebody else was first."""
    with transaction.atomic():
        language = _one_closing_at_a_time()
        proposal = locked(proposal_id)
        if not proposal.is_due(now=now):
            return None
        with translation.override(language):
            return _close(proposal, now)


def _one_closing_at_a_time() -> str | None:
    """Lock the community's row: two decisions about the same thing must see each other. Returns its language."""
    return Community.objects.select_for_update().values_list("language", flat=True).first()


def _close(proposal: Proposal, now: datetime) -> Decision:
    version = present_version(proposal)
    terms: RuleTerms = proposal.rule.terms  # type: ignore[union-attr]
    try:
        choices, eligible, ballots = _ballots(proposal, terms)
        result = counting.count(terms.counting(), choices=choices, eligible=eligible)
        ending = _judge(proposal, version, result)
    except CannotBeCounted as problem:
        ballots = []
        result = counting.count(terms.counting(), choices=[], eligible=0)
        ending = _Ending(Outcome.FAILED, problem.sentence)
    decision = _carry_out(proposal, version, result, ending, now)
    if not PROPOSAL_STATES.move(
        proposal, _STATE_OF[Outcome(decision.outcome)], only_from={ProposalState.OPEN}, ended_at=now
    ):
        raise ClosingFailed(f"proposal {proposal.pk} was moved under its lock")
    audit.record(
        kind=f"decision.{decision.outcome}",
        actor=None,
        subject=f"decision:{decision.pk}",
        facts={
            "decision": decision.pk,
            **{name: value for name, value in decision.content().items() if name != "explanation"},
            "took_part": result.took_part,
            "needed": result.needed,
            "ballots": seals.canonical_hash(ballots),
            "seal": decision.seal,
        },
        private={"title": version.title, "payload": version.payload, "explanation": decision.explanation},
        now=now,
    )
    if terms.secret:
        transaction.on_commit(lambda: destroy_box_key(proposal.box))
    return decision


def _ballots(proposal: Proposal, terms: RuleTerms) -> tuple[list[Choice], int, list[list[str]]]:
    """The choices that count, the size of the base, and what the record commits to: [voter's right, choice] pairs of a
    named vote, or the sorted choices of a secret one."""
    frozen = dict(Eligibility.objects.filter(proposal=proposal).values_list("pk", "member_id"))
    if terms.secret:
        took_part = set(Participation.objects.filter(proposal=proposal).values_list("eligibility_id", flat=True))
        choices = _empty_the_box(proposal, voters=len(took_part))
        committed = [["", choice.value] for choice in sorted(choices)]
    else:
        cast = Ballot.objects.filter(proposal=proposal).order_by("pk").values_list("eligibility_id", "choice")
        final = counting.latest((eligibility, Choice(choice)) for eligibility, choice in cast)
        took_part, choices = set(final), list(final.values())
        committed = [[str(eligibility), choice.value] for eligibility, choice in sorted(final.items())]
    people = counting.base(frozen=set(frozen), took_part=took_part, left=_left(frozen), leavers_stay=terms.leavers_stay)
    return choices, len(people), committed


def _left(frozen: Mapping[int, int | None]) -> set[int]:
    """Which of the eligible are no members any more: erased, or inactive without being suspended."""
    present = set(Eligibility.objects.filter(pk__in=frozen, member__is_active=True).values_list("pk", flat=True))
    suspended = set(Suspension.objects.running().values_list("member_id", flat=True))
    return {pk for pk, member_id in frozen.items() if pk not in present and member_id not in suspended}


def _empty_the_box(proposal: Proposal, *, voters: int) -> list[Choice]:
    """Take the ballots out of the box and lay them down without anything that leads back. Raises CannotBeCounted."""
    box = BallotBox.objects.filter(proposal=proposal).first()
    if box is None:
        raise CannotBeCounted(_("The ballot box of this secret vote is not there any more."))
    try:
        choices = ballot_box.choices_in(bytes(box.sealed), key=load_box_key(proposal.box), box=proposal.box)
    except (BoxKeyMissing, BoxUnreadable):
        raise CannotBeCounted(
            _("The ballot box of this secret vote cannot be opened on this computer. Please propose it anew.")
        ) from None
    if len(choices) != voters:
        raise CannotBeCounted(_("The ballot box does not hold as many ballots as members who took part."))
    # Random keys, written in the order of these keys: neither the tags' order nor the time of a vote survives.
    ballots = sorted((SecretBallot(proposal=proposal, choice=choice) for choice in choices), key=lambda row: row.pk)
    SecretBallot.objects.bulk_create(ballots)
    box.delete()
    return choices


def _judge(proposal: Proposal, version: ProposalVersion, result: Result) -> _Ending:
    """What the result means: rejected, overtaken, unfit, or to be carried out. Changes nothing."""
    if not result.passed:
        return _Ending(Outcome.REJECTED)
    if seals.canonical_hash(version.payload) != version.payload_hash:
        return _Ending(Outcome.FAILED, _("What was voted on was changed outside the vote."))
    try:
        kind = effects.kind_named(proposal.kind)
        target = kind.target_hash(version.payload)
    except UnknownKind:
        return _Ending(Outcome.FAILED, _("This node does not know this kind of decision any more."))
    except InvalidPayload as problem:
        return _Ending(Outcome.SUPERSEDED, problem.sentence)
    if target != version.target_hash:
        return _Ending(Outcome.SUPERSEDED)
    return _Ending(Outcome.CARRIED_OUT)


def _carry_out(
    proposal: Proposal, version: ProposalVersion, result: Result, ending: _Ending, now: datetime
) -> Decision:
    """Write the decision and make its change. If the change fails, both are undone and the failure is decided."""
    try:
        with transaction.atomic():
            # Asked before the decision is there: what is in force may be told by the last decision.
            kind = effects.kind_named(proposal.kind) if ending.outcome is Outcome.CARRIED_OUT else None
            if kind is not None:
                kind.check(version.payload)
            decision = record_decision(
                proposal=proposal,
                version=version,
                result=result,
                outcome=ending.outcome,
                explanation=str(ending.explanation),
                now=now,
            )
            if kind is not None:
                kind.apply(payload=version.payload, decision=decision, now=now)
            elif ending.outcome is Outcome.REJECTED:
                _tell_rejected(proposal, version, decision, now)
        return decision
    except (EffectFailed, InvalidPayload) as problem:
        explanation = str(problem.sentence)
    except (OperationalError, InterfaceError):
        # The database, not the effect: the whole closing is undone and tried again.
        raise
    except Exception:
        logger.exception("the effect of proposal %s failed", proposal.pk)
        explanation = str(_("The change could not be made because of an error in the program."))
    return record_decision(
        proposal=proposal,
        version=version,
        result=result,
        outcome=Outcome.FAILED if result.passed else Outcome.REJECTED,
        explanation=explanation,
        now=now,
    )


def _tell_rejected(proposal: Proposal, version: ProposalVersion, decision: Decision, now: datetime) -> None:
    try:
        kind = effects.kind_named(proposal.kind)
    except UnknownKind:
        return
    if kind.rejected is not None:
        kind.rejected(payload=version.payload, decision=decision, now=now)
