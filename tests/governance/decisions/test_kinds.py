"""What the community decides about itself: roles, voting rules, suspensions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from governance import effects
from governance.effects import InvalidPayload
from governance.kinds.rules import rule_lines
from governance.models import (
    Appointment,
    AuditEntry,
    Decision,
    Member,
    Outcome,
    Proposal,
    ProposalState,
    Role,
    Suspension,
    VotingRule,
)
from governance.permissions import Permission
from governance.rule_terms import InvalidRule, RuleTerms
from governance.services import ballots, closing, proposals, rules, suspensions
from governance.services.appointments import holds, permissions_lost, role_keys_of
from governance.services.audit_verification import verify
from tests.append_only import triggers_lifted
from tests.governance.decisions.conftest import NOON, closes, draft_appointment, later, opened


def decide(kind: str, payload: dict[str, Any], members: list[Member], *, choice: str = "yes", now=NOON) -> Decision:
    """All who may vote choose the same, and the vote closes."""
    proposal = opened(members[1], members[2], kind=kind, payload=payload, now=now)
    voters = [m for m in Member.objects.filter(is_active=True) if proposal.eligibilities.filter(member=m).exists()]
    for voter in voters:
        ballots.cast(member=voter, proposal_id=proposal.pk, choice=choice, version=1, now=now)
    decision = closing.close(proposal_id=proposal.pk, now=closes(proposal))
    assert decision is not None
    return decision


# --- Roles --------------------------------------------------------------------------------------------------------


def test_a_role_is_created_changed_given_and_ended_by_decisions(members: list[Member]) -> None:
    cleo = members[2]
    decide("role-create", {"key": "elders", "name": "Elders", "permissions": ["pause", "invite"]}, members)
    decide("role-appoint", {"member": cleo.pk, "role": "elders"}, members, now=later(days=10))
    assert Member.objects.get(pk=cleo.pk).may(Permission.PAUSE)
    decide(
        "role-change", {"role": "elders", "name": "Wise ones", "permissions": ["invite"]}, members, now=later(days=20)
    )
    assert not Member.objects.get(pk=cleo.pk).may(Permission.PAUSE)
    assert Role.objects.get(key="elders").name == "Wise ones"
    payload = {"member": cleo.pk, "role": "elders", "successor": None}
    decide("role-dismiss", payload, members, now=later(days=30))
    assert not holds(cleo.pk, "elders")
    assert Appointment.objects.filter(member=cleo, role__key="elders").exclude(ended_at=None).count() == 1
    assert Decision.objects.filter(outcome=Outcome.CARRIED_OUT).count() == 4


def test_no_role_can_have_a_permission_that_does_not_exist(members: list[Member]) -> None:
    for permissions in (["change_the_ai"], ["invite", "sudo"], "invite", [1]):
        payload = {"key": "gods", "name": "Gods", "permissions": permissions}
        with pytest.raises(InvalidPayload):
            draft_appointment(members[1], members[2], kind="role-create", payload=payload)
    assert not {"change the ai", "change"} & {str(p.label).lower() for p in Permission}


def test_the_last_who_may_do_something_is_not_dismissed_without_a_successor(members: list[Member]) -> None:
    admin, _, cleo, *_ = members
    payload = {"member": admin.pk, "role": "admin", "successor": None}
    with pytest.raises(InvalidPayload, match="Nobody would be left"):
        draft_appointment(members[1], cleo, kind="role-dismiss", payload=payload)
    decide("role-dismiss", {**payload, "successor": cleo.pk}, members)
    assert holds(cleo.pk, "admin")
    assert not holds(admin.pk, "admin")
    assert permissions_lost(without=(cleo.pk, "admin")) != []


def test_a_successor_who_left_meanwhile_makes_the_dismissal_fail(members: list[Member]) -> None:
    admin, author, cleo, *_ = members
    payload = {"member": admin.pk, "role": "admin", "successor": cleo.pk}
    proposal = opened(author, cleo, kind="role-dismiss", payload=payload)
    for member in members:
        ballots.cast(member=member, proposal_id=proposal.pk, choice="yes", version=1, now=later(hours=1))
    Member.objects.filter(pk=cleo.pk).update(is_active=False)
    (decision,) = closing.close_due(now=closes(proposal))
    assert decision.outcome == Outcome.FAILED
    assert holds(admin.pk, "admin")


def test_a_role_does_not_lose_its_last_act_by_a_change(members: list[Member]) -> None:
    with pytest.raises(InvalidPayload, match="Nobody would be left"):
        draft_appointment(members[1], members[2], kind="role-change",
                          payload={"role": "admin", "name": "Admin", "permissions": ["invite"]})  # fmt: skip


def test_roles_that_are_there_already(members: list[Member]) -> None:
    for payload in (
        {"key": "teacher", "name": "Other", "permissions": []},
        {"key": "x", "name": "TEACHER", "permissions": []},
    ):
        with pytest.raises(InvalidPayload, match="already"):
            draft_appointment(members[1], members[2], kind="role-create", payload=payload)
    with pytest.raises(InvalidPayload, match="holds the role already"):
        draft_appointment(members[1], members[0], role="admin")
    with pytest.raises(InvalidPayload, match="does not hold"):
        draft_appointment(members[1], members[2], kind="role-dismiss",
                          payload={"member": members[2].pk, "role": "admin", "successor": None})  # fmt: skip


# --- Voting rules -------------------------------------------------------------------------------------------------


def terms(**changes: Any) -> dict[str, Any]:
    return {**RuleTerms().to_json(), **changes}


def test_a_rule_changes_by_a_proposal_under_the_rule_in_force(members: list[Member]) -> None:
    new = terms(method="consent", hours=24, propose_roles=["teacher"], vote_roles=["admin", "teacher"], secret=True)
    running = opened(members[1], members[3])
    decision = decide("rule-change", {"kind": "role-appoint", "terms": new}, members)
    assert decision.rule == rules.rule_in_force("rule-change")
    rule = rules.rule_in_force("role-appoint")
    assert (rule.number, rule.decision, rule.terms.to_json()) == (
        2,
        decision,
        {**new, "vote_roles": ["admin", "teacher"]},
    )
    running.refresh_from_db()
    assert running.rule is not None
    assert running.rule.number == 1, "an open vote keeps the rule that it began under"
    with pytest.raises(proposals.MayNotPropose):
        draft_appointment(members[1], members[2], now=later(days=9))


def test_taking_the_newest_rule_away_is_found_in_the_record(members: list[Member]) -> None:
    decide("rule-change", {"kind": "role-appoint", "terms": terms(hours=24)}, members)
    assert verify().holds
    with triggers_lifted():
        VotingRule.objects.filter(number=2).delete()
    assert rules.rule_in_force("role-appoint").number == 1
    assert "voting rules" in verify().fault


def test_roles_that_may_propose_and_vote(members: list[Member]) -> None:
    new = terms(propose_roles=["admin"], vote_roles=["admin"])
    decide("rule-change", {"kind": "role-appoint", "terms": new}, members)
    proposal = opened(members[0], members[2], now=later(days=9))
    assert proposal.eligibilities.count() == 1
    with pytest.raises(ballots.NotEligible):
        ballots.cast(member=members[1], proposal_id=proposal.pk, choice="yes", version=1, now=later(days=9, hours=1))


def test_leavers_go_out_of_the_base_when_the_rule_says_so(members: list[Member]) -> None:
    decide("rule-change", {"kind": "role-appoint", "terms": terms(leavers_stay=False)}, members)
    proposal = opened(members[1], members[2], now=later(days=9))
    voted = later(days=9, hours=1)
    for member in (members[0], members[3]):
        ballots.cast(member=member, proposal_id=proposal.pk, choice="yes", version=1, now=voted)
    # One who voted leaves, one who did not leaves, and one is suspended: only the second goes out of the base.
    Member.objects.filter(pk__in=[members[3].pk, members[4].pk]).update(is_active=False)
    (decision,) = closing.close_due(now=closes(proposal))
    assert (decision.eligible, decision.yes, decision.outcome) == (4, 2, Outcome.CARRIED_OUT)


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "dictatorship"},
        {"method": 1},
        {"method": []},
        {"hours": 0},
        {"hours": 10**6},
        {"hours": 1.5},
        {"hours": True},
        {"quorum_num": 3},
        {"quorum_num": -1},
        {"quorum_den": 0},
        {"quorum_den": 101},
        {"threshold_num": 1, "threshold_den": 3},
        {"secret": 1},
        {"leavers_stay": None},
        {"propose_roles": "admin"},
        {"vote_roles": [1]},
        {"vote_roles": ["emperor"]},
        {"also": 1},
    ],
)
def test_rules_that_are_none(changes: dict[str, Any], members: list[Member]) -> None:
    with pytest.raises(InvalidPayload):
        draft_appointment(
            members[1], members[2], kind="rule-change", payload={"kind": "role-appoint", "terms": terms(**changes)}
        )
    assert VotingRule.objects.filter(number__gt=1).count() == 0


def test_the_rule_in_force_cannot_be_proposed_again(members: list[Member]) -> None:
    with pytest.raises(InvalidPayload, match="in force already"):
        draft_appointment(
            members[1], members[2], kind="rule-change", payload={"kind": "role-appoint", "terms": terms()}
        )


@pytest.mark.parametrize("number", [2, 7])
def test_a_rule_that_nobody_decided_is_not_in_force(number: int, members: list[Member]) -> None:
    decision = decide("role-appoint", {"member": members[2].pk, "role": "teacher"}, members)
    forged = VotingRule(kind="rule-change", number=number, decision=decision, made_at=NOON, seal="00" * 64,
                        **terms(quorum_num=0, hours=1))  # fmt: skip
    forged.save()
    assert rules.rule_in_force("rule-change").number == 1
    assert not rules.is_genuine_rule(forged)


def test_a_rule_in_plain_words(members: list[Member]) -> None:
    lines = rule_lines(RuleTerms.from_json(terms(method="supermajority", secret=True, vote_roles=["admin"], hours=1)))
    assert lines == [
        "Supermajority: a larger share of yes among yes and no",
        "At least 2 of 3 votes for or against must be yes",
        "At least 1 of 2 who may vote must take part",
        "The vote lasts 1 hour",
        "Votes are secret",
        "May propose: every member",
        "May vote: Admin",
        "Who leaves during a vote still counts",
    ]


def test_rule_terms_survive_the_way_through_json() -> None:
    for kind in effects.kinds():
        assert RuleTerms.from_json(kind.default_rule.to_json()) == kind.default_rule
    with pytest.raises(InvalidRule):
        RuleTerms.from_json({"method": "majority"})


def test_default_rules_are_written_once(members: list[Member]) -> None:
    count = VotingRule.objects.count()
    assert count == len(list(effects.kinds()))
    assert rules.ensure_default_rules(now=NOON) == []
    assert VotingRule.objects.count() == count


# --- Suspensions --------------------------------------------------------------------------------------------------


def emergency(members: list[Member], index: int = 3, **changes: Any) -> Suspension:
    arguments: dict[str, Any] = {
        "by": members[0], "member_id": members[index].pk, "days": 10, "reason": "They deleted the pages.", "now": NOON
    }  # fmt: skip
    return suspensions.suspend_in_emergency(**{**arguments, **changes})


def is_active(member: Member) -> bool:
    return Member.objects.get(pk=member.pk).is_active


def ratification(members: list[Member], choice: str) -> Decision:
    proposal = Proposal.objects.get(kind="suspension-ratify", state=ProposalState.OPEN)
    for member in Member.objects.filter(is_active=True):
        ballots.cast(member=member, proposal_id=proposal.pk, choice=choice, version=1, now=later(hours=2))
    (decision,) = closing.close_due(now=closes(proposal))
    return decision


def test_an_emergency_is_immediate_recorded_and_asks_the_community(members: list[Member]) -> None:
    suspension = emergency(members)
    assert not is_active(members[3])
    proposal = Proposal.objects.get()
    assert proposal.state == ProposalState.OPEN
    assert proposal.closes_at is not None
    assert closes(proposal) <= suspension.until == NOON + timedelta(hours=72)
    assert proposal.eligibilities.count() == 4
    assert AuditEntry.objects.filter(kind="suspension.begun").count() == 1


def test_without_a_ratification_it_lapses_after_72_hours_and_cannot_be_repeated(members: list[Member]) -> None:
    emergency(members)
    assert suspensions.end_due(now=later(hours=71, minutes=59)) == 0
    closing.close_due(now=later(hours=60))
    suspensions.end_due(now=later(hours=72))
    assert is_active(members[3])
    with pytest.raises(suspensions.CannotSuspend, match="only a vote"):
        emergency(members, now=later(hours=80))
    assert is_active(members[3])
    emergency(members, now=later(days=40))


def test_a_yes_confirms_and_a_no_ends_it_at_once(members: list[Member]) -> None:
    emergency(members)
    assert ratification(members, "yes").outcome == Outcome.CARRIED_OUT
    assert suspensions.end_due(now=later(hours=73)) == 0
    assert not is_active(members[3])
    assert suspensions.end_due(now=later(days=10)) == 1
    assert is_active(members[3])
    emergency(members, 4, now=later(hours=1))
    assert ratification(members, "no").outcome == Outcome.REJECTED
    assert is_active(members[4]), "before the 72 hours are over"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"member_id": 999}, suspensions.CannotSuspend),
        ({"days": 0}, InvalidPayload),
        ({"days": 10**9}, InvalidPayload),
        ({"reason": " "}, effects.Refused),
        ({"reason": "x" * 5000}, effects.Refused),
    ],
)
def test_an_emergency_that_is_refused_changes_nothing(
    changes: dict[str, Any], error: type[Exception], members: list[Member]
) -> None:
    with pytest.raises(error):
        emergency(members, **changes)
    assert not Suspension.objects.exists()
    assert not Proposal.objects.exists()
    assert all(is_active(member) for member in members)


def test_who_may_not_suspend(members: list[Member]) -> None:
    with pytest.raises(suspensions.MayNotSuspend):
        emergency(members, by=members[1])
    with pytest.raises(suspensions.CannotSuspend, match="yourself"):
        emergency(members, 0)


def test_a_suspension_by_vote_ends_by_time_or_by_another_vote(members: list[Member]) -> None:
    payload = {"member": members[3].pk, "days": 7}
    decide("member-suspend", payload, members)
    assert not is_active(members[3])
    decide("member-reinstate", {"member": members[3].pk}, members, now=later(days=5, hours=1))
    assert is_active(members[3])
    assert Suspension.objects.get().end == "decided"
    decide("member-suspend", payload, members, now=later(days=20))
    assert suspensions.end_due(now=later(days=32)) == 1
    assert is_active(members[3])
    assert role_keys_of(members[3]) == {"member"}


def test_a_member_who_was_suspended_meanwhile_makes_a_suspension_stale(members: list[Member]) -> None:
    proposal = opened(members[1], members[3], kind="member-suspend", payload={"member": members[3].pk, "days": 7})
    for member in members:
        ballots.cast(member=member, proposal_id=proposal.pk, choice="yes", version=1, now=later(hours=1))
    emergency(members, now=later(days=4, hours=1))
    decision = closing.close(proposal_id=proposal.pk, now=closes(proposal))
    assert decision is not None
    assert decision.outcome == Outcome.SUPERSEDED
