"""Fixtures that every room's tests share."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import translation

from consent.services.personal_keys import forget_remembered_keys
from governance.models import Member
from knowledge.index.frequencies import FREQUENCIES
from tests.append_only import let_flush_empty_append_only_tables
from tests.postgres import may_differ

PASSWORD = "a long enough pass phrase"

# What takes longest, or asks for the same costly thing, begins: so no process is left with a long file at the end while
# the others have nothing to do. All others follow in the order of their names.
FIRST = ("tests/browser/", "tests/inference/chat/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of the files, and the marker of what .ci/run asks on PostgreSQL too."""

    def turn(item: pytest.Item) -> int:
        return next((at for at, room in enumerate(FIRST) if item.nodeid.startswith(room)), len(FIRST))

    items.sort(key=turn)
    for item in items:
        used = {*getattr(item, "fixturenames", ()), *(mark.name for mark in item.iter_markers())}
        if may_differ(item.nodeid.split("::")[0], used):
            item.add_marker("database")


def _leave_the_database_to_its_connections(event: str, arguments: tuple[Any, ...]) -> None:
    """A test that opens the live database or its log as a file takes SQLite's locks away when it closes it, and damages
    it for whatever runs later in the same process: tests/database_file.py has ways that do not."""
    if event == "open" and str(arguments[0]).startswith(_LIVE_DATABASE) and Path(str(arguments[0])).exists():
        raise RuntimeError("the tests' own database is in use by this process: see tests/database_file.py")


_LIVE_DATABASE = str(settings.HOME.root / "test.sqlite3")
sys.addaudithook(_leave_the_database_to_its_connections)


@pytest.fixture(scope="session", autouse=True)
def _flush_empties_append_only_tables() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        let_flush_empty_append_only_tables(patch)
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered_between_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Row ids return after a rollback, so nothing that is keyed by them may outlive a test."""
    forget_remembered_keys()
    FREQUENCIES.forget()
    yield
    forget_remembered_keys()
    translation.deactivate()  # a page leaves the language of its reader
    shutil.rmtree(settings.HOME.audit, ignore_errors=True)
    shutil.rmtree(settings.HOME.ledger, ignore_errors=True)


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
