"""A community that knows something: members in roles, labels of use, and entries with and without them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from governance.models import Appointment, Community, Member, Role
from governance.permissions import Permission
from governance.services.rules import ensure_default_rules
from knowledge.content import Content
from knowledge.models import Entry, EntryKind
from knowledge.services import entries
from knowledge.services.entries import NewEntry
from knowledge.services.labels import ensure_default_labels

# In none of the default seasons.
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
    """A factory of members who hold these roles."""

    def make(username: str, *keys: str) -> Member:
        member = make_member(username)
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
