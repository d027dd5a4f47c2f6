"""Jobs wake someone up after a commit; the row that they look at is the truth.

A job is a module-level function that takes ids, reloads, calls one service and survives running twice: the queue
delivers at least once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django_q.tasks import async_task


def enqueue_on_commit(job: Callable[..., Any], *ids: Any) -> None:
    """Queue `job(*ids)` once the present transaction has committed; nothing is queued if it rolls back."""
    path = f"{job.__module__}.{job.__qualname__}"
    if "<" in path or "." in job.__qualname__:
        raise ValueError(f"a job must be a function of a module: {path}")
    transaction.on_commit(lambda: async_task(path, *ids))
