"""What the node does for itself: end old sessions, and wipe deleted text from the write-ahead log."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.db import connection
from django_q.models import Task

from community_ai.core.clock import now


def clear_expired_sessions() -> None:
    SessionStore.clear_expired()


def forget_what_nobody_needs() -> None:
    """Once a day: counts of tries whose time is over, and what the queue remembers of jobs of more than a week ago."""
    moment = now()
    Task.objects.filter(stopped__lt=moment - timedelta(days=7)).delete()
    expired = connection.ops.adapt_datetimefield_value(moment)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_cache WHERE expires < %s", [expired])


def forget_what_is_over() -> None:
    """Delete the queue's memory of jobs that are over, with their arguments and error messages, and all that is cached:
    counts of tries, which name who tried. Nobody needs either; a limit begins to count anew."""
    Task.objects.all().delete()
    cache.clear()


def wipe_deleted_text() -> bool:
    """Move the write-ahead log into the database and truncate it, so that overwritten pages leave the disk.

    Returns False when a reader kept the log in use; the next call does the rest. PostgreSQL needs nothing here.
    """
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        busy, _pages, _moved = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
