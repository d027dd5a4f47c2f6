from typing import Any

from django.core.management.base import BaseCommand, CommandError

from community_ai.core import clock
from governance.services.closing import ClosingFailed, close_due
from governance.services.suspensions import end_due


class Command(BaseCommand):
    help = "Count every vote whose time is over and carry out what passed. The job cluster does it each minute."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            decisions = close_due(now=clock.now())
        except ClosingFailed as problem:
            raise CommandError(str(problem), returncode=1) from problem
        finally:
            # After the counting: a ratification that closes with the 72 hours still finds its suspension.
            ended = end_due(now=clock.now())
        for decision in decisions:
            self.stdout.write(f"proposal {decision.proposal_id}: {decision.outcome}")
        self.stdout.write(f"{len(decisions)} votes counted, {ended} suspensions ended.")
