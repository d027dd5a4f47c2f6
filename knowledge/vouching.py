"""What this process has found genuine, so that the same row's signature is not checked for every question.

Remembered is everything that was looked at, under the node's key: a row in which anything is different is checked anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings

_MOST = 10_000


class Vouched:
    """Only a yes is remembered. Any thread may ask."""

    def __init__(self) -> None:
        self._known: set[tuple[int, str]] = set()

    def remember(self, looked_at: Any, is_genuine: Callable[[], bool]) -> bool:
        """Whether what was looked at is genuine; `is_genuine` says so if it is not remembered."""
        mark = (id(settings.NODE_KEY), repr(looked_at))
        if mark in self._known:
            return True
        if not is_genuine():
            return False
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known.add(mark)
        return True


VOUCHED = Vouched()
