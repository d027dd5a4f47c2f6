"""The one seam for time: everything that depends on the moment asks here, and tests set it here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone

_source: Callable[[], datetime] = timezone.now


def now() -> datetime:
    """The present moment, timezone-aware, in UTC."""
    return _source()


@contextmanager
def clock_at(moment: datetime | Callable[[], datetime]) -> Iterator[None]:
    """Within the block, `now()` is `moment` (or what the callable returns). For tests."""
    global _source
    before = _source
    _source = moment if callable(moment) else lambda: moment
    try:
        yield
    finally:
        _source = before
