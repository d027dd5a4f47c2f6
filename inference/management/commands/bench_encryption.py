import argparse
import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from inference import encryption_bench as bench


class Command(BaseCommand):
    help = "Measure what encrypting titles costs on the list of conversations, in a throw-away store."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rows", type=int, default=500, help="conversations in the list, by default %(default)s")
        parser.add_argument("--rounds", type=int, default=40, help="pages of each kind, by default %(default)s")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
        parser.add_argument(bench.IN_STORE, action="store_true", dest="in_store", help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        rows, rounds = max(options["rows"], 1), max(options["rounds"], 2)
        try:
            if options["in_store"]:
                self.stdout.write(json.dumps(bench.measure(rows=rows, rounds=rounds)))
                return
            cost = bench.run(rows=rows, rounds=rounds, checkout=settings.BASE_DIR)
        except bench.BenchFailed as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(bench.asdict(cost)))
            return
        self.stdout.write(
            f"{cost.rows} conversations, {cost.rounds} pages of each kind, milliseconds of processor time (median)\n"
            f"titles open    {cost.open_ms:.1f}\n"
            f"titles sealed  {cost.sealed_ms:.1f}   (the first page, with no key in memory: {cost.first_ms:.1f})\n"
            f"encrypting     {cost.share * 100:+.1f} % of the page"
        )
