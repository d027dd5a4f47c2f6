"""Each demonstration, performed once in a transaction that is rolled back after its tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from pytest_django import DjangoDbBlocker

from governance.models import Community, Member
from governance.services.rules import ensure_default_rules
from knowledge.demo.script import NAMES, Script, read
from knowledge.services.demonstration import perform
from knowledge.services.labels import ensure_default_labels
from tests.access.traces import as_of_a_test_case
from tests.conftest import PASSWORD

TODAY = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
"""In the season of the winter stories."""


@dataclass(frozen=True)
class Performed:
    script: Script
    community: Community

    def person(self, username: str) -> Member:
        return Member.objects.get(username=username)


@pytest.fixture(scope="package", params=NAMES)
def performed(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Performed]:
    script = read(request.param)
    with django_db_blocker.unblock(), as_of_a_test_case():
        # What `manage.py setup` writes before there is a community.
        ensure_default_rules(now=TODAY)
        ensure_default_labels(now=TODAY)
        passwords = {person.username: f"{PASSWORD} {person.username}" for person in script.people}
        yield Performed(script, perform(script=script, passwords=passwords, now=TODAY))
