"""The node's own log files: one for each day in `HOME/logs`, written by all processes, for who helps an operator.

What is in them is what `core.logs` lets through. The community decides how long they stay (`consent.retention`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from community_ai.core.home import FILE_MODE

SUFFIX = ".log"


class DayFiles(logging.Handler):
    """Appends each line to the file of its day (UTC), up to `most_bytes` a day; the terminal has the rest.

    A line is one write to a file that is only appended to, so processes need no lock. Without the folder, or on a full
    disk, nothing is kept: a log stops nobody.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        super().__init__()
        self.folder, self.most_bytes = folder, most_bytes

    def emit(self, record: logging.LogRecord) -> None:
        if not self.most_bytes:
            return
        day = datetime.fromtimestamp(record.created, UTC).date()
        with suppress(OSError):
            place = self.folder / f"{day.isoformat()}{SUFFIX}"
            descriptor = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, FILE_MODE)
            try:
                if os.fstat(descriptor).st_size < self.most_bytes:
                    os.write(descriptor, (self.format(record) + "\n").encode("utf-8", "backslashreplace"))
            finally:
                os.close(descriptor)


def days(folder: Path) -> list[tuple[date, Path]]:
    """The files that are there, the oldest first; what is no file of a day is left out."""
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(ValueError):
            found.append((date.fromisoformat(path.name.removesuffix(SUFFIX)), path))
    return sorted(found)


def remove_before(folder: Path, day: date) -> int:
    """Remove the files of days before `day`; how many went."""
    old = [path for when, path in days(folder) if when < day]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def last_lines(folder: Path, count: int) -> Iterator[str]:
    """The newest `count` lines of all days, the oldest of them first."""
    kept: list[str] = []
    for _day, path in reversed(days(folder)):
        with suppress(OSError):
            lines = path.read_text("utf-8", errors="replace").splitlines()
            kept = lines[-(count - len(kept)) :] + kept
        if len(kept) >= count:
            break
    yield from kept
