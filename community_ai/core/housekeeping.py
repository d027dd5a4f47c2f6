"""What the node does for itself: end old sessions, and wipe deleted text from the write-ahead log."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.db import connection
from django_q.models import Task


def clear_expired_sessions() -> None:
    SessionStore.clear_expired()


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
