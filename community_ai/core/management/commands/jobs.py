import os
import signal
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from community_ai.core.processes import die_with_parent


class Command(BaseCommand):
    help = "Run the job cluster (django-q)."

    def handle(self, *args: Any, **options: Any) -> None:
        # The cluster forks a sentinel and workers; after a kill -9 of this process they must not go on as orphans.
        os.register_at_fork(after_in_child=lambda: die_with_parent(signal.SIGKILL))
        call_command("qcluster")
