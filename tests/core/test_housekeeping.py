"""What nobody needs any more goes by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django_q.models import Task

from community_ai.core.clock import clock_at
from community_ai.core.housekeeping import forget_what_nobody_needs


def keys_in_the_cache() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_cache")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_counts_that_are_over_and_old_jobs_are_forgotten_daily(empty_cache: None) -> None:
    moment = datetime.now(UTC)
    cache.set("tries", [1], timeout=60)
    cache.set("more-tries", [1], timeout=7200)
    for days in (1, 8):
        then = moment - timedelta(days=days)
        Task.objects.create(id=uuid4().hex, name=str(days), func="f", started=then, stopped=then)
    forget_what_nobody_needs()
    assert keys_in_the_cache() == 2
    assert [task.name for task in Task.objects.all()] == ["1"]
    with clock_at(moment + timedelta(hours=1)):
        forget_what_nobody_needs()
    assert keys_in_the_cache() == 1
    assert cache.get("more-tries") == [1]
