import logging
import os
import signal
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django_q import worker

from community_ai.core.processes import die_with_parent

logger = logging.getLogger(__name__)


class FailedJobs:
    """What django-q asks for as an `error_reporter`: called where a job raised something."""

    def report(self) -> None:
        logger.exception("A job failed")


class Command(BaseCommand):
    help = "Run the job cluster (django-q)."

    def handle(self, *args: Any, **options: Any) -> None:
        # The cluster forks a sentinel and workers; after a kill -9 of this process they must not go on as orphans.
        # The library puts an error's words into a message of its own, which is not written (core.logs).
        worker.error_reporter = FailedJobs()
        os.register_at_fork(after_in_child=lambda: die_with_parent(signal.SIGKILL))
        call_command("qcluster")
