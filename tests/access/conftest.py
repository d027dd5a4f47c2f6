from __future__ import annotations

from collections.abc import Iterator

import pytest
from asgiref.sync import SyncToAsync
from django.db import connections
from pytest_django import DjangoDbBlocker

from community_ai.core.clock import clock_at
from tests.access.table import TABLE
from tests.access.traces import as_of_a_test_case
from tests.access.world import NOW, World, build


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Built once for all rows, in a transaction that is rolled back after the last one."""
    with django_db_blocker.unblock(), as_of_a_test_case():
        yield build({row.thing.name: row.thing for row in TABLE if row.thing}.values())


@pytest.fixture
def _at_that_hour() -> Iterator[None]:
    with clock_at(NOW):
        yield


@pytest.fixture(scope="session", autouse=True)
def _connection_of_channels(django_db_setup: None) -> Iterator[None]:
    """Channels reads sessions in a thread of its own, whose connection must not outlive the tests' database."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
