"""A community that knows something: members in roles, labels of use, and entries with and without them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from governance.models import Appointment, Community, Decision, Member, Proposal, Role
from governance.permissions import Permission
from governance.services import ballots, closing, proposals
from governance.services.rules import ensure_default_rules
from knowledge.content import Content
from knowledge.models import Entry, EntryKind
from knowledge.services import entries
from knowledge.services.entries import NewEntry
from knowledge.services.labels import ensure_default_labels
from tests.agreeing import agree

# In none of the default seasons, and in the first one.
DECEMBER = datetime(2026, 12, 1, 12, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, 12, tzinfo=UTC)


def new(title: str, body: str = "What it means.", **changes: Any) -> NewEntry:
    kind = changes.pop("kind", EntryKind.NOTE)
    fields = {name: changes.pop(name) for name in ("pronunciation", "examples", "source") if name in changes}
    return NewEntry(
        kind=kind, language=changes.pop("language", "en"), content=Content(title, body, **fields), **changes
    )


def add(author: Member, title: str, body: str = "What it means.", **changes: Any) -> Entry:
    """A published entry."""
    now, publish = changes.pop("now", JUNE), changes.pop("publish", True)
    return entries.add(author=author, new=new(title, body, **changes), publish=publish, now=now)


def propose(kind: str, payload: dict[str, Any], *, by: Member, now: datetime = JUNE) -> Proposal:
    """A proposal with its vote open."""
    draft = proposals.draft(author=by, kind=kind, title="A change", reason="It is good.", payload=payload, now=now)
    return proposals.open_vote(author=by, proposal_id=draft.pk, version=1, now=now)


def decide(
    kind: str, payload: dict[str, Any], *, by: Member, now: datetime = JUNE, choice: str = "yes"
) -> tuple[Decision, datetime]:
    """What everybody says about a proposal, and when it was counted."""
    proposal = propose(kind, payload, by=by, now=now)
    for member in Member.objects.filter(is_active=True):
        ballots.cast(member=member, proposal_id=proposal.pk, choice=choice, version=1, now=now + timedelta(hours=1))
    proposal.refresh_from_db()
    assert proposal.closes_at is not None
    closing.close_due(now=proposal.closes_at)
    return Decision.objects.get(proposal=proposal), proposal.closes_at


@pytest.fixture
def roles(db: None) -> dict[str, Role]:
    Community.objects.create(name="The Weavers", language="en", founded_at=JUNE)
    admin = [permission.value for permission in Permission if permission is not Permission.TEACH]
    return {
        key: Role.objects.create(key=key, name=key.title(), permissions=permissions)
        for key, permissions in {"admin": admin, "teacher": [Permission.TEACH.value], "elder": [], "member": []}.items()
    }


@pytest.fixture
def person(roles: dict[str, Role], make_member: Callable[..., Member]) -> Callable[..., Member]:
    """A factory of members who hold these roles, and who agree to everything; what follows when they do not is in
    tests/consent/test_uses.py."""

    def make(username: str, *keys: str) -> Member:
        member = make_member(username)
        agree(member)
        for key in keys:
            Appointment.objects.create(member=member, role=roles[key], began_at=JUNE)
        return member

    return make


@pytest.fixture
def labels(roles: dict[str, Role]) -> None:
    """The first voting rules and labels of a node."""
    ensure_default_rules(now=JUNE)
    ensure_default_labels(now=JUNE)


@pytest.fixture
def author(person: Callable[..., Member], labels: None) -> Member:
    return person("author", "member")


@pytest.fixture
def teacher(person: Callable[..., Member], labels: None) -> Member:
    return person("teacher", "member", "teacher")


@pytest.fixture
def reader(person: Callable[..., Member], labels: None) -> Member:
    """A member with no special role."""
    return person("reader", "member")
