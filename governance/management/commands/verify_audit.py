from typing import Any

from django.core.management.base import BaseCommand

from governance.services.audit_verification import verify


class Command(BaseCommand):
    help = "Check the whole record. Exit code 0 and a count, or 1 and the first entry that does not hold."

    def handle(self, *args: Any, **options: Any) -> None:
        result = verify()
        if not result.holds:
            self.stderr.write(f"The record does not hold after {result.count} entries: {result.fault}.")
            raise SystemExit(1)
        self.stdout.write(
            f"All {result.count} entries hold, under {result.checkpoints} checkpoints; "
            f"the private parts of {result.erased} were erased."
        )
