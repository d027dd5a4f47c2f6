"""The way from the event loop to the database: a pool of threads, each call with a fresh or checked connection."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async

P = ParamSpec("P")
R = TypeVar("R")


def in_thread(function: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """`function` as a coroutine function. Unlike Channels' default, calls do not queue behind one another in a single
    thread: one that waits for the database's lock must not hold up all sockets."""
    return database_sync_to_async(function, thread_sensitive=False)
