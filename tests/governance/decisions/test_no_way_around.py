"""What is decided stays so, whoever tries to bend it through Django's connection, and the doctor says so."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.serializers import deserialize, serialize
from django.db import IntegrityError, connection, transaction

from community_ai.core.append_only import missing_guards
from community_ai.core.clock import clock_at
from community_ai.core.doctor import Health
from community_ai.core.jobs import regular_jobs
from governance import effects
from governance.deciding import check_decisions
from governance.decision_jobs import close_due_proposals
from governance.models import (
    Ballot,
    Decision,
    Eligibility,
    Member,
    Outcome,
    Participation,
    Proposal,
    ProposalState,
    ProposalVersion,
    SecretBallot,
    VotingRule,
)
from governance.services import ballots, closing
from governance.services.decisions import is_genuine
from tests.governance.decisions.conftest import NOON, closes, draft_appointment, later, opened
from tests.governance.decisions.test_lifecycle import kind_replaced, unreachable


@pytest.fixture
def decided(members: list[Member]) -> Proposal:
    """A named vote that passed."""
    proposal = opened(members[1], members[2])
    for member in members:
        ballots.cast(member=member, proposal_id=proposal.pk, choice="yes", version=1, now=later(hours=1))
    closing.close_due(now=closes(proposal))
    proposal.refresh_from_db()
    return proposal


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


BENT: dict[str, Callable[[Proposal], object]] = {
    "decision: update": lambda p: Decision.objects.update(yes=99),
    "decision: save": lambda p: Decision(**{**Decision.objects.values().get(), "no": 9}).save(),
    "decision: delete": lambda p: p.decision.delete(),
    "decision: raw": lambda p: sql("UPDATE governance_decision SET outcome = 'rejected'"),
    "decision: raw delete": lambda p: sql("DELETE FROM governance_decision"),
    "decision: a second one": lambda p: Decision.objects.create(
        proposal=p, kind=p.kind, payload_hash="0", rule=p.rule, outcome=Outcome.CARRIED_OUT, decided_at=NOON, seal="0"
    ),
    "decision: without rule": lambda p: Decision.objects.create(
        kind="behaviour", payload_hash="0" * 64, rule=p.rule, outcome=Outcome.CARRIED_OUT, decided_at=NOON, seal="0"
    ),
    "rule: update": lambda p: VotingRule.objects.update(quorum_num=0),
    "rule: delete": lambda p: sql("DELETE FROM governance_votingrule WHERE number = 1"),
    "rule: later one without a decision": lambda p: VotingRule.objects.create(
        kind="rule-change", number=2, made_at=NOON, seal="0", **effects.kind_named("rule-change").default_rule.to_json()
    ),
    "version: another text": lambda p: ProposalVersion.objects.update(reason="Other words"),
    "version: another payload": lambda p: ProposalVersion.objects.update(payload={"member": 1, "role": "admin"}),
    "version: another one": lambda p: ProposalVersion.objects.create(
        proposal=p, number=2, title="x", reason="x", payload={}, preview={}, payload_hash="0", written_at=NOON
    ),
    "version: delete": lambda p: sql("DELETE FROM governance_proposalversion"),
    "proposal: open again": lambda p: Proposal.objects.update(state=ProposalState.OPEN, closes_at=later(days=99)),
    "proposal: another version": lambda p: Proposal.objects.update(version=2),
    "proposal: delete": lambda p: sql("DELETE FROM governance_proposal"),
    "eligibility: one more": lambda p: Eligibility.objects.create(proposal=p, member=None),
    "eligibility: another member": lambda p: _a_right().update(member_id=p.author_id),
    "eligibility: delete": lambda p: sql("DELETE FROM governance_eligibility"),
    "ballot: late": lambda p: Ballot.objects.create(
        proposal=p, eligibility=_a_right().get(), choice="no", cast_at=NOON
    ),
    "ballot: bulk": lambda p: Ballot.objects.bulk_create(
        [Ballot(proposal=p, eligibility=_a_right().get(), choice="no", cast_at=NOON)]
    ),
    "ballot: change": lambda p: Ballot.objects.update(choice="no"),
    "ballot: bulk change": lambda p: Ballot.objects.bulk_update(_changed(Ballot.objects.all()), ["choice"]),
    "ballot: delete": lambda p: sql("DELETE FROM governance_ballot"),
    "participation: late": lambda p: Participation.objects.create(proposal=p, eligibility=_a_right().get()),
    "secret ballot: late": lambda p: SecretBallot.objects.create(proposal=p, choice="yes"),
}  # fmt: skip


def _a_right() -> Any:
    """The first right to vote, as a queryset of one."""
    return Eligibility.objects.filter(pk__in=Eligibility.objects.order_by("pk").values("pk")[:1])


def _changed(rows: Any) -> list[Any]:
    found = list(rows)
    for row in found:
        row.choice = "no"
    return found


@pytest.mark.parametrize("way", BENT)
def test_what_is_decided_cannot_be_bent(way: str, decided: Proposal) -> None:
    before = {
        model: list(model.objects.order_by("pk").values())
        for model in (Decision, VotingRule, ProposalVersion, Proposal, Eligibility, Ballot)
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        BENT[way](decided)
    assert before == {model: list(model.objects.order_by("pk").values()) for model in before}


def test_a_fixture_that_changes_a_decision_is_refused(decided: Proposal) -> None:
    text = serialize("json", Decision.objects.all()).replace('"yes": 5', '"yes": 50')
    (row,) = deserialize("json", text)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_an_open_vote_keeps_its_deadline_its_rule_and_its_voters(members: list[Member]) -> None:
    proposal = opened(members[1], members[2])
    for change in ({"closes_at": later(days=1)}, {"opened_at": later(days=-9)}, {"rule": VotingRule.objects.last()},
                   {"state": ProposalState.DRAFT}, {"kind": "member-suspend"}, {"author": members[0]}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Proposal.objects.filter(pk=proposal.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Eligibility.objects.create(proposal=proposal, member=None)
    draft = draft_appointment(members[1], members[3])
    with pytest.raises(IntegrityError), transaction.atomic():
        Ballot.objects.create(proposal=draft, eligibility=_a_right().get(), choice="yes", cast_at=NOON)


def forge(members: list[Member]) -> Decision:
    """A decision by way of the ORM, over a vote that was rejected... or was never held."""
    proposal = opened(members[1], members[2])
    return Decision.objects.create(
        proposal=proposal, kind=proposal.kind, version=1, payload_hash=proposal.versions.get().payload_hash,
        rule=proposal.rule, outcome=Outcome.CARRIED_OUT, eligible=5, yes=5, decided_at=NOON, seal="ab" * 64,
    )  # fmt: skip


def test_a_forged_decision_is_named_by_the_doctor(members: list[Member]) -> None:
    assert check_decisions().health is Health.OK
    forged = forge(members)
    assert not is_genuine(forged)
    finding = check_decisions()
    assert finding.health is Health.FAILURE
    assert f"decision {forged.pk}" in finding.sentence


def test_a_forged_decision_stands_in_the_way_but_passes_for_nothing(members: list[Member]) -> None:
    """Its proposal cannot be counted over it, and the job says so instead of acting."""
    forged = forge(members)
    for member in members:
        ballots.cast(member=member, proposal_id=forged.proposal_id, choice="yes", version=1, now=later(hours=1))  # type: ignore[arg-type]
    with pytest.raises(closing.ClosingFailed), transaction.atomic():
        closing.close_due(now=later(days=6))
    assert Decision.objects.count() == 1


def test_votes_that_nobody_counts_are_named_by_the_doctor(members: list[Member]) -> None:
    proposal = opened(members[1], members[2])
    with clock_at(later(days=5, minutes=9)):
        assert check_decisions().health is Health.OK
    with clock_at(later(days=5, minutes=11)):
        assert f"wait to be counted: {proposal.pk}" in check_decisions().sentence


def test_no_guard_is_missing(db: None) -> None:
    assert missing_guards() == []
    table = Decision._meta.db_table
    on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
    sql(f"DROP TRIGGER {table}_no_update{on_table}")
    assert missing_guards() == [f"{table}_no_update"]


# --- The command and the job --------------------------------------------------------------------------------------


def test_the_command_counts_what_is_due(members: list[Member]) -> None:
    proposal = opened(members[1], members[2])
    said = io.StringIO()
    with clock_at(later(days=1)):
        call_command("close_due_proposals", stdout=said)
    with clock_at(later(days=6)):
        call_command("close_due_proposals", stdout=said)
        call_command("close_due_proposals", stdout=said)
    assert said.getvalue().splitlines() == [
        "0 votes counted, 0 suspensions ended.",
        f"proposal {proposal.pk}: rejected",
        "1 votes counted, 0 suspensions ended.",
        "0 votes counted, 0 suspensions ended.",
    ]


def test_the_command_says_what_resisted(members: list[Member]) -> None:
    proposal = opened(members[1], members[2])
    for member in members:
        ballots.cast(member=member, proposal_id=proposal.pk, choice="yes", version=1, now=later(hours=1))
    with (
        kind_replaced("role-appoint", apply=unreachable),
        clock_at(later(days=6)),
        pytest.raises(CommandError, match=str(proposal.pk)),
    ):
        call_command("close_due_proposals")


def test_the_job_runs_each_minute_and_twice_is_once(members: list[Member]) -> None:
    proposal = opened(members[1], members[2])
    (job,) = [job for job in regular_jobs() if job.path.endswith("close_due_proposals")]
    assert job.every == 1
    with clock_at(later(days=6)):
        close_due_proposals()
        close_due_proposals()
    assert Decision.objects.filter(proposal=proposal).count() == 1
