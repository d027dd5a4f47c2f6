"""Fixtures that every room's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache

from consent.services.personal_keys import forget_remembered_keys
from governance.models import Member

PASSWORD = "a long enough pass phrase"


@pytest.fixture(autouse=True)
def _nothing_remembered_between_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Row ids return after a rollback, so nothing that is keyed by them may outlive a test."""
    forget_remembered_keys()
    yield
    forget_remembered_keys()


@pytest.fixture
def make_member(db: None) -> Callable[..., Member]:
    """A factory of members with a usable password and no role."""

    def make(username: str, **fields: object) -> Member:
        return Member.objects.create_user(username, PASSWORD, **fields)

    return make


@pytest.fixture
def empty_cache(db: None) -> None:
    """Rate limits start from nothing."""
    cache.clear()
