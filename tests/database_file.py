"""The files of the tests' own database, read as they lie on the disk while it is in use."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection


def content_of(path: Path) -> bytes:
    """Read by another process: if one that has a database open closes its file, it loses its own locks on it
    (https://www.sqlite.org/howtocorrupt.html, 2.2), and others take the log away under its connections."""
    return subprocess.run(["cat", path], capture_output=True, check=True).stdout


@contextmanager
def connected_to(path: Path) -> Iterator[None]:
    """Within the block the node's database is the file at `path`. The tests' own is never replaced: threads of earlier
    tests may hold connections to it."""
    connection.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connection.settings_dict, "NAME", path)
        try:
            yield
        finally:
            connection.close()
