from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from community_ai.core.clock import now
from governance.models import Community, Member
from governance.services import founding, invitations
from tests.conftest import PASSWORD

pytest.register_assert_rewrite("tests.governance.page")

LOCAL: dict[str, Any] = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000"}


@pytest.fixture(autouse=True)
def _limits_start_from_nothing(request: pytest.FixtureRequest) -> None:
    if {"db", "transactional_db"} & set(request.fixturenames):
        request.getfixturevalue("empty_cache")


@pytest.fixture(autouse=True)
def _founding_steps(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The registry of founding steps, empty: what other rooms add to a founding is theirs to test."""
    steps: list[Any] = []
    monkeypatch.setattr(founding, "_steps", steps)
    return steps


@pytest.fixture
def founder(db: None) -> Member:
    """The first member of a founded community, an administrator."""
    return founding.found_community(name="Weavers", language="en", username="Rosa Quispe", password=PASSWORD, now=now())


@pytest.fixture
def community(founder: Member) -> Community:
    return Community.objects.get()


@pytest.fixture
def ana(founder: Member, make_member: Callable[..., Member]) -> Member:
    """A member who came by invitation."""
    issued = invitations.issue(by=founder, days=1, max_uses=1, note="", now=now())
    member = make_member("Ana")
    invitations.accept(secret=issued.secret, member=member, now=now())
    return member


@pytest.fixture
def browser_of(db: None) -> Callable[..., Client]:
    """A browser in which `member` is signed in, or nobody."""

    def open_browser(member: Member | None = None) -> Client:
        client = Client()
        if member is not None:
            client.force_login(member)
        return client

    return open_browser


@pytest.fixture
def secret(founder: Member) -> str:
    """The secret of an invitation for one person."""
    return invitations.issue(by=founder, days=7, max_uses=1, note="for Ana", now=now()).secret
