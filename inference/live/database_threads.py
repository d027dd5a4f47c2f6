"""The way from the event loop to the database: a thread that reads, one that writes and one that searches.

Each has its connection.

Python runs one thread at a time: more of them would only take its lock from one another (measured with fifty questions
at once: the last was told its place after 1.1 s with one reader, and after 1.4 s with three). Keeping the connections
matters on SQLite: when the last connection of all closes, the write-ahead log is copied back and synced, which costs
more than what was asked for (measured: a question was asked in 25 ms, and in 4 ms with a kept connection).
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

P = ParamSpec("P")
R = TypeVar("R")

MAX_TOGETHER = 32

Outcome = tuple[Future[Any], Any, Exception | None]


class DatabaseThreads:
    """`read` and `write` call a function in a thread and return or raise what it does."""

    def __init__(self) -> None:
        self._connections: list[BaseDatabaseWrapper] = []
        self._lock = threading.Lock()
        self._reader = ThreadPoolExecutor(1, "live-read", initializer=self._keep_connection)
        self._searcher = ThreadPoolExecutor(1, "live-search", initializer=self._keep_connection)
        self._writer = ThreadPoolExecutor(1, "live-write", initializer=self._keep_connection)
        self._to_write: deque[tuple[Callable[[], Any], Future[Any]]] = deque()

    async def read(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call what only reads the database."""
        call = partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._reader, _checked, call)

    async def search(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call what looks into the community's knowledge: it computes for a while, and readers do not wait for it."""
        call = partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._searcher, _checked, call)

    async def write(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call what writes to the database, one call after the other; return when it is committed.

        So an older text of an answer never lands after a newer one; SQLite has one writer at a time, for whose lock
        threads wait asleep, much longer than the writing takes; and what waits meanwhile is committed together,
        because each commit waits for the disk. A call that raises undoes only what it wrote itself.
        """
        outcome: Future[R] = Future()
        self._to_write.append((partial(function, *args, **kwargs), outcome))
        self._writer.submit(self._write_waiting)
        return await asyncio.wrap_future(outcome)

    async def close(self) -> None:
        """Wait for what is being done, and close the connections."""
        await asyncio.to_thread(self._close)

    def _write_waiting(self) -> None:
        """Do what waits now, in one transaction. Whoever comes for what was done already finds nothing."""
        waiting = [self._to_write.popleft() for _ in range(min(len(self._to_write), MAX_TOGETHER))]
        waiting = [(call, outcome) for call, outcome in waiting if outcome.set_running_or_notify_cancel()]
        if not waiting:
            return
        try:
            outcomes = _checked(partial(_write_together, waiting))
        except Exception as error:
            outcomes = [(outcome, None, error) for _call, outcome in waiting]
        for outcome, result, problem in outcomes:
            if problem is None:
                outcome.set_result(result)
            else:
                outcome.set_exception(problem)

    def _close(self) -> None:
        self._reader.shutdown()
        self._searcher.shutdown()
        self._writer.shutdown()
        for kept in self._connections:
            kept.inc_thread_sharing()
            kept.close()

    def _keep_connection(self) -> None:
        """Runs first in each thread: its own connection does not end with age."""
        own = connections[DEFAULT_DB_ALIAS]
        own.settings_dict = {**own.settings_dict, "CONN_MAX_AGE": None}
        with self._lock:
            self._connections.append(own)


def _write_together(waiting: list[tuple[Callable[[], Any], Future[Any]]]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with transaction.atomic():
        for call, outcome in waiting:
            try:
                with transaction.atomic():
                    outcomes.append((outcome, call(), None))
            except Exception as error:
                outcomes.append((outcome, None, error))
    return outcomes


def _checked(call: Callable[[], R]) -> R:
    # After an error the connection may be dead (PostgreSQL was restarted): then it is made anew.
    connection.close_if_unusable_or_obsolete()
    return call()
