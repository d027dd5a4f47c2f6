"""Jobs wake someone up after a commit; the row that they look at is the truth.

A job is a module-level function that takes ids, reloads, calls one service and survives running twice: the queue
delivers at least once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django_q.tasks import async_task


def enqueue_on_commit(job: Callable[..., Any], *ids: Any) -> None:
    """Queue `job(*ids)` once the present transaction has committed; nothing is queued if it rolls back."""
    path = path_of(job)
    transaction.on_commit(lambda: async_task(path, *ids))


def enqueue(job: Callable[..., Any], *ids: Any) -> None:
    """Queue `job(*ids)` at once: for a job that goes on in another task."""
    async_task(path_of(job), *ids)


def path_of(job: Callable[..., Any]) -> str:
    """The dotted path by which the queue finds a job. Raises ValueError for what is no function of a module."""
    if "." in job.__qualname__ or "<" in job.__qualname__:
        raise ValueError(f"a job must be a function of a module: {job.__module__}.{job.__qualname__}")
    return f"{job.__module__}.{job.__qualname__}"


@dataclass(frozen=True)
class RegularJob:
    """A job that the cluster starts again and again; `every` is one of django_q's Schedule types ("H", "D", ...)
    or a number of minutes."""

    name: str
    path: str
    every: str | int


_regular: dict[str, RegularJob] = {}


def register_regular_job(name: str, job: Callable[[], Any], *, every: str | int) -> None:
    """Have `job()` run regularly; `manage.py setup` writes the schedule from what is registered."""
    if name in _regular:
        raise ValueError(f"there is a regular job named {name!r} already")
    _regular[name] = RegularJob(name, path_of(job), every)


def regular_jobs() -> Iterator[RegularJob]:
    yield from _regular.values()
