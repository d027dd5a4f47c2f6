"""What the node does for itself: end old sessions, and wipe deleted text from the write-ahead log."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore
from django.db import connection


def clear_expired_sessions() -> None:
    SessionStore.clear_expired()


def wipe_deleted_text() -> bool:
    """Move the write-ahead log into the database and truncate it, so that overwritten pages leave the disk.

    Returns False when a reader kept the log in use; the next call does the rest. PostgreSQL needs nothing here.
    """
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        busy, _pages, _moved = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
