"""The emergency brake stops the AI or takes it a step back; it never alters it, and without a yes it lapses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from governance.effects import InvalidPayload
from governance.models import Member, Outcome, Proposal, ProposalState
from governance.refusals import Refused
from governance.services import ballots, closing, proposals
from governance.services.audit_verification import verify
from inference.models import BehaviourVersion, Brake, BrakeMode, BrakeRelease
from inference.services import behaviour, brake
from inference.services.brake import CannotPull, CannotRelease, MayNotPull
from inference.services.serving import Paused, for_worker, paused, serving
from tests.governance.decisions.conftest import NOON, later
from tests.inference.deciding import decide, propose, vote

WHEN = later(days=8)


@pytest.fixture
def second(members: list[Member], first: BehaviourVersion) -> BehaviourVersion:
    changed = replace(behaviour.behaviour_of(first), max_sentences=2)
    return decide(members[1], "behaviour-manner", changed, now=NOON)


def pulled(by: Member, mode: BrakeMode = BrakeMode.PAUSE, **changes: object) -> Brake:
    return brake.pull(by=by, mode=mode, reason="It insults people.", now=changes.pop("now", WHEN))  # type: ignore[arg-type]


def test_a_pause_stops_the_ai_at_once_and_lapses_after_72_hours(
    members: list[Member], second: BehaviourVersion
) -> None:
    row = pulled(members[0])
    with pytest.raises(Paused):
        serving(now=WHEN)
    assert for_worker(second.sha256, preview=False, now=WHEN) is None
    assert paused(now=WHEN + timedelta(hours=71, minutes=59)) == row
    assert paused(now=WHEN + timedelta(hours=72)) is None
    assert serving(now=WHEN + timedelta(hours=72)) == second
    assert serving(now=WHEN - timedelta(seconds=1)) == second


def test_the_vote_keeps_it_paused_until_a_vote_ends_it(members: list[Member], second: BehaviourVersion) -> None:
    row = pulled(members[0])
    assert vote(row.ratification).outcome == Outcome.CARRIED_OUT
    assert paused(now=WHEN + timedelta(days=300)) == row
    end = propose(members[2], "pause-end", {"version": second.number}, now=WHEN + timedelta(days=9))
    assert vote(end).outcome == Outcome.CARRIED_OUT
    assert serving(now=WHEN + timedelta(days=300)) == second
    assert BrakeRelease.objects.get().decision == end.decision
    assert verify().holds


def test_a_no_ends_the_pause_at_once(members: list[Member], second: BehaviourVersion) -> None:
    row = pulled(members[0])
    assert vote(row.ratification, "no").outcome == Outcome.REJECTED
    assert serving(now=WHEN + timedelta(hours=1)) == second


def test_falling_back_serves_the_version_before_and_a_yes_makes_it_the_communitys(
    members: list[Member], first: BehaviourVersion, second: BehaviourVersion
) -> None:
    row = pulled(members[0], BrakeMode.PREVIOUS)
    assert serving(now=WHEN) == first
    assert for_worker(first.sha256, preview=False, now=WHEN) == behaviour.behaviour_of(first)
    assert for_worker(second.sha256, preview=False, now=WHEN) is None
    assert serving(now=WHEN + timedelta(hours=72)) == second
    decision = vote(row.ratification)
    assert decision.outcome == Outcome.CARRIED_OUT
    third = behaviour.in_force()
    assert (third.number, third.sha256, third.decision) == (3, first.sha256, decision)
    assert serving(now=WHEN + timedelta(days=30)) == third


def test_a_no_takes_the_fall_back_back(members: list[Member], second: BehaviourVersion) -> None:
    vote(pulled(members[0], BrakeMode.PREVIOUS).ratification, "no")
    assert serving(now=WHEN + timedelta(hours=1)) == second


def test_a_change_that_is_decided_meanwhile_ends_the_fall_back(
    members: list[Member], first: BehaviourVersion, second: BehaviourVersion
) -> None:
    open_vote = propose(
        members[1],
        "behaviour-manner",
        behaviour.payload_of(replace(behaviour.behaviour_of(second), tone="formal")),
        now=WHEN - timedelta(hours=100),
    )
    row = pulled(members[0], BrakeMode.PREVIOUS)
    assert vote(open_vote).outcome == Outcome.CARRIED_OUT
    third = behaviour.in_force()
    assert serving(now=WHEN + timedelta(hours=30)) == third
    assert vote(row.ratification).outcome == Outcome.SUPERSEDED
    assert serving(now=WHEN + timedelta(days=30)) == third


def test_who_pulled_it_takes_it_back(members: list[Member], second: BehaviourVersion) -> None:
    row = pulled(members[0])
    with pytest.raises(CannotRelease, match="Only the member"):
        brake.take_back(by=members[1], now=WHEN)
    brake.take_back(by=members[0], now=WHEN + timedelta(hours=1))
    assert serving(now=WHEN + timedelta(hours=1)) == second
    row.ratification.refresh_from_db()
    assert row.ratification.state == ProposalState.WITHDRAWN
    with pytest.raises(CannotRelease, match="not pulled"):
        brake.take_back(by=members[0], now=WHEN + timedelta(hours=2))
    # A false alarm does not keep anybody from pulling it when it is needed.
    pulled(members[0], now=WHEN + timedelta(hours=3))
    assert verify().holds


def test_withdrawing_its_vote_releases_it(members: list[Member], second: BehaviourVersion) -> None:
    row = pulled(members[0])
    proposals.withdraw(author=members[0], proposal_id=row.ratification_id, now=WHEN)
    assert serving(now=WHEN) == second


def test_a_confirmed_pause_is_the_communitys_to_end(members: list[Member], second: BehaviourVersion) -> None:
    vote(pulled(members[0]).ratification)
    with pytest.raises(CannotRelease, match="A proposal can end it"):
        brake.take_back(by=members[0], now=WHEN + timedelta(days=5))


def test_only_a_role_that_may_pause_pulls_it(members: list[Member], second: BehaviourVersion) -> None:
    with pytest.raises(MayNotPull):
        pulled(members[1])
    Member.objects.filter(pk=members[0].pk).update(is_active=False)
    members[0].refresh_from_db()
    with pytest.raises(MayNotPull):
        pulled(members[0])
    assert not Brake.objects.exists()


def test_a_superuser_without_the_role_does_not(members: list[Member], second: BehaviourVersion) -> None:
    Member.objects.filter(pk=members[1].pk).update(is_superuser=True)
    members[1].refresh_from_db()
    with pytest.raises(MayNotPull):
        pulled(members[1])


def test_it_is_pulled_once(members: list[Member], second: BehaviourVersion) -> None:
    pulled(members[0])
    with pytest.raises(CannotPull, match="already"):
        pulled(members[0], BrakeMode.PREVIOUS, now=WHEN + timedelta(hours=1))


@pytest.mark.parametrize("answer", ["no", None])
def test_who_was_not_confirmed_waits_a_week(
    answer: str | None, members: list[Member], second: BehaviourVersion
) -> None:
    row = pulled(members[0])
    if answer:
        vote(row.ratification, answer)
    closing.close_due(now=WHEN + timedelta(hours=72))
    with pytest.raises(CannotPull, match="For 7 days"):
        pulled(members[0], now=WHEN + timedelta(hours=73))
    pulled(members[0], now=WHEN + timedelta(days=10, minutes=1))


def test_there_must_be_something_to_go_back_to(members: list[Member], first: BehaviourVersion) -> None:
    with pytest.raises(CannotPull, match="no earlier version"):
        pulled(members[0], BrakeMode.PREVIOUS)
    assert not Proposal.objects.exists()
    # The same behaviour once more is nothing to go back to either.
    decide(members[1], "behaviour-confirm", behaviour.behaviour_of(first), now=NOON)
    with pytest.raises(CannotPull, match="no earlier version"):
        pulled(members[0], BrakeMode.PREVIOUS)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 100_000, "\x00"])
def test_a_bad_reason_changes_nothing(reason: str, members: list[Member], second: BehaviourVersion) -> None:
    with pytest.raises(Refused):
        brake.pull(by=members[0], mode=BrakeMode.PAUSE, reason=reason, now=WHEN)
    assert not Brake.objects.exists()
    assert serving(now=WHEN) == second


def test_a_pause_can_only_be_ended_where_there_is_one(members: list[Member], second: BehaviourVersion) -> None:
    decision = vote(propose(members[1], "pause-end", {"version": second.number}, now=WHEN))
    assert decision.outcome == Outcome.FAILED
    assert "not paused any more" in decision.explanation
    with pytest.raises(InvalidPayload):
        propose(members[1], "pause-end", {"version": "1"}, now=WHEN)


def test_its_vote_closes_before_it_lapses(members: list[Member], second: BehaviourVersion) -> None:
    row = pulled(members[0])
    assert row.ratification.closes_at is not None
    assert row.ratification.closes_at < row.until
    for member in members:
        ballots.cast(member=member, proposal_id=row.ratification_id, choice="yes", version=1, now=WHEN)
