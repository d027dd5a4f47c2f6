"""How many notes about the node one member may write on a day, counted in memory only.

The usual limiter writes the member's key and the second of each try into a table; for a note without a name that
would be the very thing that must not be kept. So this counts in the web process, of which there is one, by a hash whose
key dies with it. What is in the count is how many, never when or what, and a new day begins with nothing.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import Counter
from datetime import date

NOTES_A_DAY = 5


class DailyCount:
    def __init__(self, most: int) -> None:
        self.most = most
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._day: date | None = None
        self._counts: Counter[bytes] = Counter()

    def take(self, member_id: int, *, day: date) -> bool:
        """Count one note of the member; False, and nothing is counted, when the day's notes are used up."""
        who = hashlib.blake2b(str(member_id).encode(), key=self._key).digest()
        with self._lock:
            if day != self._day:
                self._day, self._counts = day, Counter()
            if self._counts[who] >= self.most:
                return False
            self._counts[who] += 1
            return True

    def forget(self) -> None:
        """Begin with nothing."""
        with self._lock:
            self._day, self._counts = None, Counter()


NOTES = DailyCount(NOTES_A_DAY)
