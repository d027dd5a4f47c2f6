"""A proposal from the draft to its effect, and every move that it may not make."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from governance import effects
from governance.effects import EffectFailed, InvalidPayload, UnknownKind
from governance.models import (
    PROPOSAL_STATES,
    AuditEntry,
    Comment,
    Decision,
    Eligibility,
    Member,
    Outcome,
    Proposal,
    ProposalState,
    ProposalVersion,
    Role,
)
from governance.services import ballots, closing, comments, proposals
from governance.services.appointments import appoint, role_keys_of
from governance.services.decisions import is_genuine, record_founding
from governance.services.waiting import votes_waiting_for
from governance.wording import BadWording
from tests.governance.decisions.conftest import (
    NOON,
    closes,
    draft_appointment,
    kind_replaced,
    later,
    make_community,
    opened,
)


def vote(proposal: Proposal, member: Member, choice: str, **changes: Any) -> ballots.Receipt:
    arguments = {"member": member, "proposal_id": proposal.pk, "choice": choice, "version": 1, "now": later(hours=1)}
    return ballots.cast(**{**arguments, **changes})


def passed(proposal: Proposal, members: list[Member]) -> Decision | None:
    for member in members:
        if Eligibility.objects.filter(proposal=proposal, member=member).exists():
            vote(proposal, member, "yes")
    return closing.close(proposal_id=proposal.pk, now=closes(proposal))


# --- The way through ----------------------------------------------------------------------------------------------


def test_from_draft_to_effect(members: list[Member]) -> None:
    _, ben, cleo, *_ = members
    proposal = opened(ben, cleo)
    for member, choice in zip(members, ["yes", "yes", "no"], strict=False):
        vote(proposal, member, choice)
    assert len(closing.close_due(now=closes(proposal))) == 1
    assert closing.close_due(now=later(days=9)) == []
    proposal.refresh_from_db()
    decision = Decision.objects.get()
    assert proposal.state == ProposalState.CARRIED_OUT
    assert (decision.outcome, decision.eligible, decision.yes, decision.no) == (Outcome.CARRIED_OUT, 5, 2, 1)
    assert is_genuine(decision)
    assert "teacher" in role_keys_of(cleo)
    (entry,) = AuditEntry.objects.filter(kind="decision.carried_out")
    assert entry.said["facts"]["seal"] == decision.seal


def test_nothing_closes_before_its_time_and_nothing_executes_early(members: list[Member]) -> None:
    proposal = opened(members[0], members[2])
    for member in members:
        vote(proposal, member, "yes")
    assert closing.close_due(now=later(hours=119, minutes=59, seconds=59)) == []
    assert "teacher" not in role_keys_of(members[2])


def test_without_quorum_or_with_a_tie_everything_stays(members: list[Member]) -> None:
    few, tie = opened(members[0], members[2]), opened(members[0], members[3])
    for member, choice in zip(members, ["yes", "no", "abstain", "abstain"], strict=False):
        vote(tie, member, choice)
    vote(few, members[0], "yes")
    assert {decision.outcome for decision in closing.close_due(now=later(days=6))} == {Outcome.REJECTED}
    assert role_keys_of(members[2]) == role_keys_of(members[3]) == {"member"}


# --- Drafts, amendments, opening ----------------------------------------------------------------------------------


def test_an_amendment_is_a_new_version_before_the_opening_and_refused_after(members: list[Member]) -> None:
    proposal = draft_appointment(members[1], members[2])
    change = {"title": "Appoint Member 4", "reason": "Better.", "payload": {"member": members[3].pk, "role": "teacher"}}
    proposals.amend(author=members[1], proposal_id=proposal.pk, now=NOON, **change)  # type: ignore[arg-type]
    assert ProposalVersion.objects.filter(proposal=proposal).count() == 2
    with pytest.raises(proposals.Stale):
        proposals.open_vote(author=members[1], proposal_id=proposal.pk, version=1, now=NOON)
    proposals.open_vote(author=members[1], proposal_id=proposal.pk, version=2, now=NOON)
    with pytest.raises(proposals.NotADraft):
        proposals.amend(author=members[1], proposal_id=proposal.pk, now=NOON, **change)  # type: ignore[arg-type]
    with pytest.raises(ballots.OtherVersion):
        vote(proposal, members[0], "yes", version=1)
    assert ProposalVersion.objects.filter(proposal=proposal).count() == 2


@pytest.mark.parametrize("act", ["amend", "open_vote", "withdraw"])
def test_only_the_author_moves_a_proposal(act: str, members: list[Member]) -> None:
    proposal = draft_appointment(members[1], members[2])
    payload = {"member": members[3].pk, "role": "teacher"}
    arguments: dict[str, dict[str, Any]] = {
        "amend": {"title": "x", "reason": "x", "payload": payload},
        "open_vote": {"version": 1},
        "withdraw": {},
    }
    with pytest.raises(proposals.NotYours):
        getattr(proposals, act)(author=members[0], proposal_id=proposal.pk, now=NOON, **arguments[act])
    proposal.refresh_from_db()
    assert (proposal.state, proposal.version) == (ProposalState.DRAFT, 1)


@pytest.mark.parametrize(
    "state", [state for state in ProposalState if state not in (ProposalState.DRAFT, ProposalState.OPEN)]
)
def test_a_final_state_is_final(state: ProposalState) -> None:
    assert PROPOSAL_STATES.moves[state] == frozenset()


def test_withdrawing(members: list[Member]) -> None:
    draft, open_one, over = (
        opened(members[1], m) if n else draft_appointment(members[1], m) for n, m in enumerate(members[2:])
    )
    proposals.withdraw(author=members[1], proposal_id=draft.pk, now=NOON)
    proposals.withdraw(author=members[1], proposal_id=open_one.pk, now=later(hours=1))
    with pytest.raises(proposals.AlreadyOver):
        proposals.withdraw(author=members[1], proposal_id=over.pk, now=closes(over))
    with pytest.raises(ballots.NotOpen, match="withdrawn"):
        vote(open_one, members[0], "yes")
    assert len(closing.close_due(now=later(days=6))) == 1


def test_who_may_vote_is_frozen_at_the_opening(members: list[Member]) -> None:
    proposal = opened(members[1], members[2])
    joiner = Member.objects.create_user("joiner", "a long enough pass phrase")
    with pytest.raises(ballots.NotEligible):
        vote(proposal, joiner, "yes")
    Member.objects.filter(pk=members[4].pk).update(is_active=False)
    members[4].refresh_from_db()
    with pytest.raises(ballots.NotEligible):
        vote(proposal, members[4], "yes")
    for member in members[:2]:
        vote(proposal, member, "yes")
    # Two of five: the leaver stays in the base, so half is not reached.
    (decision,) = closing.close_due(now=closes(proposal))
    assert (decision.eligible, decision.outcome) == (5, Outcome.REJECTED)


def test_an_erased_voter_keeps_the_count(members: list[Member]) -> None:
    proposal = opened(members[1], members[2])
    for member in members[:3]:
        vote(proposal, member, "yes")
    members[0].delete()
    members[4].delete()
    (decision,) = closing.close_due(now=closes(proposal))
    assert (decision.eligible, decision.yes) == (5, 3)


def test_a_vote_that_nobody_may_cast_does_not_begin(members: list[Member]) -> None:
    proposal = draft_appointment(members[1], members[2])
    Member.objects.exclude(pk=members[1].pk).update(is_active=False)
    with pytest.raises(InvalidPayload):
        proposals.open_vote(author=members[1], proposal_id=proposal.pk, version=1, now=NOON)
    assert not Eligibility.objects.exists()


# --- Stale, failing, forged ---------------------------------------------------------------------------------------


def test_a_target_that_changed_makes_the_proposal_overtaken(members: list[Member]) -> None:
    proposal = opened(members[1], members[2])
    appoint(member=members[2], role=Role.objects.get(key="teacher"), now=later(hours=2))
    decision = passed(proposal, members)
    assert decision is not None
    assert decision.outcome == Outcome.SUPERSEDED
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.SUPERSEDED


def test_a_draft_written_against_an_old_state_does_not_open(members: list[Member]) -> None:
    proposal = draft_appointment(members[1], members[2], kind="role-change",
                                 payload={"role": "teacher", "name": "Guide", "permissions": ["teach"]})  # fmt: skip
    Role.objects.filter(key="teacher").update(name="Elder")
    with pytest.raises(proposals.Stale):
        proposals.open_vote(author=members[1], proposal_id=proposal.pk, version=1, now=NOON)


def half_done(*, payload: Any, decision: Decision, now: Any) -> None:
    """An effect that has changed something when it gives up."""
    Role.objects.create(key="half", name="Half done", permissions=[])
    raise EffectFailed("It broke in the middle.")


def broken(*, payload: Any, decision: Decision, now: Any) -> None:
    Role.objects.create(key="half", name="Half done", permissions=[])
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("effect", "sentence"), [(half_done, "It broke in the middle."), (broken, "an error in the program")]
)
def test_a_failing_effect_leaves_the_reason_and_nothing_else(effect: Any, sentence: str, members: list[Member]) -> None:
    proposal = opened(members[1], members[2])
    with kind_replaced("role-appoint", apply=effect):
        decision = passed(proposal, members)
    assert decision is not None
    assert decision.outcome == Outcome.FAILED
    assert sentence in decision.explanation
    assert is_genuine(decision)
    assert not Role.objects.filter(key="half").exists()
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.FAILED
    assert [entry.kind for entry in AuditEntry.objects.filter(kind__startswith="decision.")] == ["decision.failed"]


def unreachable(*, payload: Any, decision: Decision, now: Any) -> None:
    raise OperationalError("the disk is full")


def test_a_database_that_gives_up_decides_nothing_and_the_others_go_on(members: list[Member]) -> None:
    resisting, other = opened(members[1], members[2]), opened(members[1], members[3], kind="member-suspend",
                                                              payload={"member": members[3].pk, "days": 3})  # fmt: skip
    for member in members:
        vote(resisting, member, "yes")
        vote(other, member, "yes")
    with (
        kind_replaced("role-appoint", apply=unreachable),
        pytest.raises(closing.ClosingFailed, match=str(resisting.pk)),
    ):
        closing.close_due(now=later(days=6))
    assert [decision.proposal_id for decision in Decision.objects.all()] == [other.pk]
    assert len(closing.close_due(now=later(days=6))) == 1, "the next call does it"


def test_a_kind_that_is_gone_fails_with_a_sentence(members: list[Member]) -> None:
    proposal = opened(members[1], members[2])
    for member in members:
        vote(proposal, member, "yes")
    gone = effects._kinds.pop("role-appoint")
    try:
        (decision,) = closing.close_due(now=closes(proposal))
    finally:
        effects._kinds["role-appoint"] = gone
    assert decision.outcome == Outcome.FAILED


@pytest.mark.parametrize(
    "changes",
    [
        {"yes": 99},
        {"outcome": "rejected"},
        {"payload_hash": "0" * 64},
        {"kind": "behaviour"},
        {"seal": ""},
        {"seal": "zz"},
        {"version": 2},
    ],
)
def test_a_decision_that_was_written_around_the_gateway_is_not_genuine(
    changes: dict[str, Any], members: list[Member]
) -> None:
    proposal = opened(members[1], members[2])
    decision = passed(proposal, members)
    assert decision is not None
    assert is_genuine(decision)
    for name, value in changes.items():
        setattr(decision, name, value)
    assert not is_genuine(decision)


def test_the_founding_has_a_sealed_decision_without_a_vote(db: None) -> None:
    make_community(1)
    decision = record_founding(kind="behaviour", payload={"charter": "Be kind."}, now=NOON)
    assert is_genuine(Decision.objects.get(pk=decision.pk))


# --- Registry, drafts with bad content ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        {},
        [],
        None,
        "x",
        {"member": 1},
        {"member": "1", "role": "teacher"},
        {"member": True, "role": "teacher"},
        {"member": 1.0, "role": "teacher"},
        {"member": 1, "role": "teacher", "also": 1},
        {"member": -1, "role": "teacher"},
        {"member": 2**60, "role": "teacher"},
        {"member": 1, "role": ["teacher"]},
        {"member": 1, "role": "x" * 51},
    ],
)
def test_forged_payloads(payload: Any, members: list[Member]) -> None:
    with pytest.raises(InvalidPayload):
        draft_appointment(members[1], members[2], payload=payload)
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("kind", ["", "behaviour-hack", "suspension-ratify"])
def test_a_kind_that_nobody_can_start(kind: str, members: list[Member]) -> None:
    with pytest.raises(UnknownKind):
        draft_appointment(members[1], members[2], kind=kind)


@pytest.mark.parametrize(
    "changes", [{"title": ""}, {"title": "x" * 121}, {"reason": " \n "}, {"reason": "x" * 4001}, {"title": "a\x00"}]
)
def test_bad_words(changes: dict[str, str], members: list[Member]) -> None:
    with pytest.raises(BadWording):
        draft_appointment(members[1], members[2], **changes)
    assert not Proposal.objects.exists()


# --- Discussion, what waits ---------------------------------------------------------------------------------------


def test_the_discussion_begins_with_the_draft_and_ends_with_the_vote(members: list[Member]) -> None:
    proposal = draft_appointment(members[1], members[2])
    first = comments.contribute(author=members[3], proposal_id=proposal.pk, text="Hm.", now=NOON)
    proposals.open_vote(author=members[1], proposal_id=proposal.pk, version=1, now=NOON)
    comments.contribute(author=members[4], proposal_id=proposal.pk, text="Yes!", answers=first.pk, now=later(hours=1))
    with pytest.raises(comments.DiscussionClosed):
        comments.contribute(author=members[3], proposal_id=proposal.pk, text="Late", now=later(days=5))
    other = draft_appointment(members[1], members[3])
    with pytest.raises(comments.NoSuchComment):
        comments.contribute(author=members[3], proposal_id=other.pk, text="Lost", answers=first.pk, now=NOON)
    assert Comment.objects.count() == 2


def test_what_waits_for_a_member(members: list[Member]) -> None:
    named = opened(members[1], members[2])
    secret = opened(members[1], members[3], kind="member-suspend", payload={"member": members[3].pk, "days": 3})
    draft_appointment(members[1], members[4])
    now = later(hours=1)
    assert [v.proposal_id for v in votes_waiting_for(members[0], now=now)] == [named.pk, secret.pk]
    vote(named, members[0], "abstain")
    vote(secret, members[0], "yes")
    assert votes_waiting_for(members[0], now=now) == []
    assert [v.closes_at for v in votes_waiting_for(members[4], now=now)] == [later(days=5)] * 2
    assert votes_waiting_for(members[4], now=later(days=5)) == []
    newcomer = Member.objects.create_user("newcomer", "a long enough pass phrase")
    assert votes_waiting_for(newcomer, now=now) == []
