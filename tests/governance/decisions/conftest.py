"""A small community that can decide: roles, members, voting rules, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from community_ai.core.clock import clock_at
from governance import effects
from governance.effects import ProposalKind
from governance.models import Appointment, Community, Member, Proposal, Role
from governance.permissions import Permission
from governance.services import proposals
from governance.services.rules import ensure_default_rules

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def make_community(count: int) -> list[Member]:
    """A founded community: `count` members, the first of them the admin, and the first rules."""
    Community.objects.create(name="The Weavers", language="en", founded_at=NOON)
    admin = Role.objects.create(
        key="admin", name="Admin", permissions=[p.value for p in Permission if p is not Permission.TEACH]
    )
    Role.objects.create(key="teacher", name="Teacher", permissions=[Permission.TEACH.value])
    member_role = Role.objects.create(key="member", name="Member", permissions=[])
    members = [
        Member.objects.create_user(f"member{number}", "a long enough pass phrase", display_name=f"Member {number}")
        for number in range(1, count + 1)
    ]
    Appointment.objects.bulk_create(Appointment(member=m, role=member_role, began_at=NOON) for m in members)
    Appointment.objects.create(member=members[0], role=admin, began_at=NOON)
    ensure_default_rules(now=NOON)
    return members


@pytest.fixture
def members(db: None) -> list[Member]:
    """Five members; the first one is the admin."""
    return make_community(5)


def draft_appointment(author: Member, member: Member, role: str = "teacher", **changes: Any) -> Proposal:
    """A draft that proposes to give `member` a role."""
    arguments: dict[str, Any] = {
        "kind": "role-appoint",
        "title": "Appoint a teacher",
        "reason": "She knows the old words.",
        "payload": {"member": member.pk, "role": role},
        "now": NOON,
    }
    return proposals.draft(author=author, **{**arguments, **changes})


def opened(author: Member, member: Member, *, now: datetime = NOON, **changes: Any) -> Proposal:
    """The same, open for votes."""
    proposal = draft_appointment(author, member, now=now, **changes)
    return proposals.open_vote(author=author, proposal_id=proposal.pk, version=1, now=now)


def closes(proposal: Proposal) -> datetime:
    """When the vote is over."""
    assert proposal.closes_at is not None
    return proposal.closes_at


def later(**delta: float) -> datetime:
    return NOON + timedelta(**delta)


@contextmanager
def kind_replaced(key: str, **changes: Any) -> Iterator[ProposalKind]:
    """Within the block, a registered kind behaves otherwise, as one of a faulty app would."""
    before = effects.kind_named(key)
    effects._kinds[key] = replace(before, **changes)
    try:
        yield before
    finally:
        effects._kinds[key] = before


@pytest.fixture
def browser_of(members: list[Member]) -> Callable[[Member | None], Client]:
    """A browser in which a member is signed in, or nobody."""

    def browser(member: Member | None) -> Client:
        client = Client()
        if member is not None:
            client.force_login(member)
        return client

    return browser


@pytest.fixture
def an_hour_after_noon() -> Iterator[None]:
    """The clock of the pages stands at an hour after the opening."""
    with clock_at(later(hours=1)):
        yield
