"""The event loop's way to the database: in order, together, and each call for itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.utils import timezone

from inference.live.database_threads import DatabaseThreads
from tests.inference.chat.conftest import in_db

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest_asyncio.fixture
async def threads(transactional_db: None) -> AsyncIterator[DatabaseThreads]:
    database = DatabaseThreads()
    yield database
    await database.close()


def add(key: str) -> str:
    Session.objects.create(session_key=key, session_data="", expire_date=timezone.now())
    return key


def keys() -> set[str]:
    return set(Session.objects.values_list("session_key", flat=True))


async def held(threads: DatabaseThreads) -> Callable[[], Awaitable[None]]:
    """The writer busy from now on until what this returns is called."""
    busy, free = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hold() -> None:
        loop.call_soon_threadsafe(busy.set)
        assert free.wait(60)

    holding = asyncio.create_task(threads.write(hold))
    await busy.wait()

    async def let_go() -> None:
        free.set()
        await holding

    return let_go


async def test_what_is_returned_is_committed(threads: DatabaseThreads) -> None:
    assert await threads.write(add, "a") == "a"
    assert await threads.read(keys) == {"a"}
    assert await in_db(keys) == {"a"}


async def test_what_waits_is_committed_together_and_a_fault_undoes_only_itself(threads: DatabaseThreads) -> None:
    rung: list[str] = []

    def add_and_ring(key: str) -> str:
        add(key)
        transaction.on_commit(lambda: rung.append(key))
        return key

    def add_and_fail(key: str) -> str:
        add(key)
        raise ValueError(key)

    let_go = await held(threads)
    calls = [threads.write(add_and_ring, f"k{n}") for n in range(20)]
    calls += [threads.write(add_and_fail, "bad"), threads.write(add_and_ring, "k0")]
    together = asyncio.gather(*calls, return_exceptions=True)
    await asyncio.sleep(0)  # each of them stands in the queue now
    await let_go()
    outcomes = await together
    assert outcomes[:20] == [f"k{n}" for n in range(20)]
    assert isinstance(outcomes[20], ValueError)
    assert isinstance(outcomes[21], IntegrityError)
    assert await threads.read(keys) == {f"k{n}" for n in range(20)}
    assert rung == [f"k{n}" for n in range(20)]


async def test_writes_keep_their_order(threads: DatabaseThreads) -> None:
    seen: list[int] = []
    await asyncio.gather(*(threads.write(seen.append, n) for n in range(200)))
    assert seen == list(range(200))


async def test_who_no_longer_waits_is_left_out(threads: DatabaseThreads) -> None:
    let_go = await held(threads)
    given_up = asyncio.create_task(threads.write(add, "given up"))
    await asyncio.sleep(0)  # it stands in the queue now
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)  # the thread learns of it before it may go on
    await let_go()
    await threads.write(add, "kept")
    assert await threads.read(keys) == {"kept"}
