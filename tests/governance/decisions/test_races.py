"""Votes at the closing second, closers at once, closers killed at every step: one decision, effect, entry, or none.

Real threads and real processes on the real database (SQLCipher, or PostgreSQL when DATABASE_URL is set).
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections

from governance.models import (
    AuditEntry,
    Ballot,
    Decision,
    Member,
    Participation,
    Proposal,
    ProposalState,
    Role,
    SecretBallot,
)
from governance.refusals import Refused
from governance.services import ballots, closing, proposals
from governance.services.appointments import appoint, holds
from governance.services.audit_verification import verify
from governance.services.ballot_keys import BoxKeyMissing, destroy_orphaned_keys, load_box_key
from governance.services.decisions import is_genuine
from tests.governance.decisions.conftest import NOON, closes, draft_appointment, later, make_community, opened

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[Any]:
    """Run all acts in threads of their own, started together; their results or refusals, in order."""
    barrier = threading.Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)

    def run(index: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=20)
            outcomes[index] = act()
        except Exception as problem:
            outcomes[index] = problem
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index, act)) for index, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=90)
    return outcomes


def cast(proposal: Proposal, member: Member, choice: str, now: datetime) -> Callable[[], object]:
    return lambda: ballots.cast(member=member, proposal_id=proposal.pk, choice=choice, version=1, now=now)


def secret_vote(members: list[Member], index: int) -> Proposal:
    """An open secret vote to suspend a member."""
    payload = {"member": members[index].pk, "days": 7}
    return opened(members[1], members[index], kind="member-suspend", payload=payload)


@pytest.mark.parametrize("secret", [False, True])
def test_twenty_votes_at_the_closing_second_and_two_closers(secret: bool) -> None:
    members = make_community(21)
    proposal = secret_vote(members, 20) if secret else opened(members[1], members[2])
    last = closes(proposal) - timedelta(microseconds=1)
    # Ten come in the last microsecond, ten as the vote is over, and two jobs count meanwhile.
    votes = [cast(proposal, member, "yes", last) for member in members[:10]]
    votes += [cast(proposal, member, "yes", closes(proposal)) for member in members[10:20]]
    closers = [lambda: closing.close_due(now=closes(proposal))] * 2
    outcomes = at_once(*votes, *closers)
    accepted = sum(isinstance(outcome, ballots.Receipt) for outcome in outcomes)
    refused = [outcome for outcome in outcomes[:20] if isinstance(outcome, Exception)]
    assert all(isinstance(outcome, ballots.NotOpen) for outcome in refused), refused
    assert all(isinstance(outcome, ballots.NotOpen) for outcome in outcomes[10:20])
    assert sum(len(outcome) for outcome in outcomes[20:]) == 1, outcomes[20:]
    decision = Decision.objects.get()
    assert decision.yes == accepted, "every acknowledged vote is counted, and no other"
    assert (SecretBallot if secret else Ballot).objects.count() == accepted
    assert AuditEntry.objects.filter(kind__startswith="decision.").count() == 1
    assert verify().holds


def test_all_members_vote_and_change_at_once() -> None:
    members = make_community(12)
    proposal = secret_vote(members, 11)
    now = later(hours=1)
    codes = [outcome.code for outcome in at_once(*[cast(proposal, m, "no", now) for m in members])]
    assert len(set(codes)) == 12

    def change(member: Member, code: str) -> Callable[[], object]:
        return lambda: ballots.cast(member=member, proposal_id=proposal.pk, choice="yes", version=1, code=code, now=now)

    changed = at_once(*[change(member, code) for member, code in zip(members, codes, strict=True)])
    assert all(outcome.changed for outcome in changed)
    (decision,) = closing.close_due(now=closes(proposal))
    assert (decision.yes, decision.no) == (12, 0)


def test_one_member_in_two_windows_has_one_vote() -> None:
    members = make_community(3)
    proposal = opened(members[1], members[2])
    at_once(*[cast(proposal, members[0], choice, later(hours=1)) for choice in ("yes", "no") * 4])
    (decision,) = closing.close_due(now=closes(proposal))
    assert decision.yes + decision.no == 1


def test_four_closers_at_once_over_several_votes() -> None:
    members = make_community(6)
    due = [opened(members[1], member) for member in members[2:5]]
    for proposal in due:
        for member in members:
            cast(proposal, member, "yes", later(hours=1))()
    closed = at_once(*[lambda: closing.close_due(now=later(days=6))] * 4)
    assert sorted(decision.proposal_id for batch in closed for decision in batch) == [p.pk for p in due]
    assert Decision.objects.count() == 3
    assert AuditEntry.objects.filter(kind="decision.carried_out").count() == 3


def test_two_decisions_about_the_same_thing_see_each_other() -> None:
    members = make_community(5)
    twins = [opened(members[author], members[2]) for author in (0, 1)]
    for proposal in twins:
        for member in members:
            cast(proposal, member, "yes", later(hours=1))()
    outcomes = at_once(*[lambda pk=p.pk: closing.close(proposal_id=pk, now=later(days=6)) for p in twins])
    assert sorted(decision.outcome for decision in outcomes) == ["carried_out", "superseded"]


def test_a_withdrawal_and_a_close_at_once() -> None:
    members = make_community(3)
    proposal = opened(members[1], members[2])
    last = closes(proposal) - timedelta(seconds=1)
    at_once(
        lambda: proposals.withdraw(author=members[1], proposal_id=proposal.pk, now=last),
        lambda: closing.close_due(now=closes(proposal)),
        cast(proposal, members[0], "yes", last),
    )
    proposal.refresh_from_db()
    decided = Decision.objects.count()
    assert (proposal.state == ProposalState.WITHDRAWN) == (decided == 0)


def test_two_windows_open_one_draft() -> None:
    members = make_community(4)
    proposal = draft_appointment(members[1], members[2])
    outcomes = at_once(
        *[lambda: proposals.open_vote(author=members[1], proposal_id=proposal.pk, version=1, now=NOON)] * 3,
        lambda: proposals.amend(
            author=members[1], proposal_id=proposal.pk, title="Other", reason="words",
            payload={"member": members[3].pk, "role": "teacher"}, now=NOON,
        ),
    )  # fmt: skip
    opened_ones = [outcome for outcome in outcomes[:3] if isinstance(outcome, Proposal)]
    assert len(opened_ones) <= 1
    assert all(isinstance(outcome, Proposal | Refused) or outcome is not None for outcome in outcomes)
    proposal.refresh_from_db()
    if proposal.state == ProposalState.OPEN:
        assert proposal.version == 1, "what was opened is what its author saw"
        assert proposal.eligibilities.count() == 4


# --- Killed -------------------------------------------------------------------------------------------------------


def run_and_kill(act: Callable[[], object], *, at: int | str) -> bool:
    """Run `act` in a forked process that is killed with -9 before its `at`-th statement, or "before commit" or
    "after commit" of its first transaction. True when the process lived to the end."""
    connections.close_all()
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
    try:
        seen = 0

        def count(execute, sql, params, many, context):
            nonlocal seen
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(sql, params, many, context)

        connection.ensure_connection()
        commit = connection._commit  # type: ignore[attr-defined]

        def committing() -> None:
            if at == "before commit":
                os.kill(os.getpid(), signal.SIGKILL)
            commit()
            if at == "after commit":
                os.kill(os.getpid(), signal.SIGKILL)

        connection._commit = committing  # type: ignore[attr-defined]
        with connection.execute_wrapper(count):
            act()
        os._exit(0)
    except BaseException:
        os._exit(1)


def traces(proposal: Proposal, member: Member, role: str) -> tuple[str, int, bool, int]:
    """State, decisions, whether the member holds the role, entries of one proposal."""
    entries = AuditEntry.objects.filter(kind__startswith="decision.")
    return (
        Proposal.objects.get(pk=proposal.pk).state,
        Decision.objects.filter(proposal=proposal).count(),
        holds(member.pk, role),
        sum(entry.said["facts"]["proposal"] == proposal.pk for entry in entries),
    )


@pytest.mark.parametrize("secret", [False, True])
def test_a_closer_killed_at_every_step_leaves_all_or_nothing(secret: bool) -> None:
    """Named: give the member one more role. Secret: take one of many away."""
    members = make_community(5)
    member = members[2]
    undone = done = 0
    for at in ["before commit", "after commit", *range(1, 100)]:
        role = Role.objects.create(key=f"role-{at}".replace(" ", "-"), name=f"Role {at}", permissions=[])
        payload = {"member": member.pk, "role": role.key}
        if secret:
            appoint(member=member, role=role, now=NOON)
            proposal = opened(members[1], member, kind="role-dismiss", payload={**payload, "successor": None})
        else:
            proposal = opened(members[1], member, payload=payload)
        for voter in members[:3]:
            cast(proposal, voter, "yes", later(hours=1))()
        nothing = (ProposalState.OPEN, 0, secret, 0)
        everything = (ProposalState.CARRIED_OUT, 1, not secret, 1)

        lived = run_and_kill(partial(closing.close, proposal_id=proposal.pk, now=later(days=6)), at=at)
        found = traces(proposal, member, role.key)
        assert found in (nothing, everything), at
        assert found == nothing or at != "before commit"
        assert found == everything or at != "after commit"
        assert found == everything or not lived
        undone, done = undone + (found == nothing), done + (found == everything)
        if secret and found == nothing:
            assert len(load_box_key(proposal.box)) == 32, "the box can still be opened"
        closing.close_due(now=later(days=6))
        assert traces(proposal, member, role.key) == everything, f"the next closer finishes what died at {at}"
        assert is_genuine(Decision.objects.get(proposal=proposal))
        if lived:
            break
    assert lived, "the loop ended before the transaction did"
    print(f"killed at {undone + done - 1} steps: {undone} left nothing, {done - 1} left everything")
    assert undone > 12
    assert verify().holds
    if secret:
        destroy_orphaned_keys()
        for proposal in Proposal.objects.all():
            with pytest.raises(BoxKeyMissing):
                load_box_key(proposal.box)


def test_a_voter_killed_at_every_step_of_a_secret_vote_has_voted_or_not() -> None:
    members = make_community(40)
    proposal = secret_vote(members, 39)
    voted = 0
    for at, member in zip(["before commit", "after commit", *range(1, 30)], members, strict=False):
        lived = run_and_kill(cast(proposal, member, "yes", later(hours=1)), at=at)
        connection.ensure_connection()
        took_part = Participation.objects.filter(eligibility__member=member).exists()
        assert took_part == (lived or at == "after commit")
        voted += took_part
        if lived:
            break
    assert lived
    (decision,) = closing.close_due(now=closes(proposal))
    assert decision.yes == voted == 2
