import argparse
import json
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from inference.retrieval import bench, bench_store


class Command(BaseCommand):
    help = "Measure how well and how fast knowledge is found, with a file in SQuAD format, in a throw-away store."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="paragraphs and questions, SQuAD JSON")
        parser.add_argument(
            "questions", type=Path, nargs="?", help="the same paragraphs in another language: ask its questions instead"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
        parser.add_argument(
            "--passages", type=int, default=0, metavar="N", help="also let the store grow through 100, 1000, ... to N"
        )
        parser.add_argument(bench.IN_STORE, action="store_true", dest="in_store", help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["in_store"]:
                self.stdout.write(json.dumps(bench_store.measure(json.load(sys.stdin)).to_json()))
                return
            if options["file"] is None:
                raise CommandError("Name a file in SQuAD format.")
            report = bench.run(
                options["file"], options["questions"], upto=options["passages"], checkout=settings.BASE_DIR
            )
        except bench.BenchFailed as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.to_json(), indent=2))
        else:
            self._print(report)

    def _print(self, report: bench.Report) -> None:
        found = report.accuracy
        how = f"meaning too, {report.embedding_ms:.0f} ms to prepare a passage" if report.meaning else "words only"
        self.stdout.write(
            f"{found.questions} questions ({how})\n"
            f"right first     {found.right_first:.4f}   (even articles {found.even_articles:.4f}, "
            f"odd {found.odd_articles:.4f})\n"
            f"right in five   {found.right_in_five:.4f}\n"
            f"reciprocal rank {found.reciprocal_rank:.4f}\n"
            f"one question    {found.p50_ms:.1f} ms, p95 {found.p95_ms:.1f} ms"
        )
        if report.growth:
            self.stdout.write(f"\n{'passages':>9}{'right first':>13}{'ms':>8}{'p95':>8}")
        for row in report.growth:
            self.stdout.write(f"{row.passages:>9}{row.right_first:>13.4f}{row.p50_ms:>8.1f}{row.p95_ms:>8.1f}")
