import json
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core import clock
from governance.refusals import Refused
from inference.retrieval.evidence import NAMES
from inference.retrieval.fitting import Asked, balanced, fit, judged
from inference.services import evaluations


class Command(BaseCommand):
    help = "Fit what tells a known question from an unknown one, on the questions to learn from of several communities."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="what --collect wrote on several nodes")
        parser.add_argument("--collect", type=Path, metavar="FILE", help="write the signs of this node's questions")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["collect"]:
            self._collect(options["collect"])
        elif len(options["files"]) < 2:
            raise CommandError("Name the files of two communities or more, or collect one with --collect FILE.")
        else:
            self._fit(options["files"])

    def _collect(self, path: Path) -> None:
        try:
            evaluations.prepare()
            rows = evaluations.signs_to_learn_from(member=evaluations.plain_member(), now=clock.now())
        except Refused as refusal:
            raise CommandError(str(refusal.sentence)) from None
        path.write_text(json.dumps(rows), "utf-8")
        self.stdout.write(f"{len(rows)} rows.")

    def _fit(self, paths: list[Path]) -> None:
        try:
            rows = [
                Asked(path.stem, tuple(row["signs"]), row["known"], row["away"], row["right"])
                for path in paths
                for row in json.loads(path.read_text("utf-8"))
            ]
            by_others, fitted = judged(rows), fit(rows)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandError(f"This cannot be fitted: {error}") from None
        best = balanced(by_others)
        for name, value in zip(NAMES, fitted.coefficients, strict=True):
            self.stdout.write(f"{name:<16}{value:8.2f}")
        self.stdout.write(f"{'bound':<16}{fitted.bound + best.bound:8.2f}")
        self.stdout.write(f"Each community judged by the others: right {best.right:.3f}, no note {best.no_note:.3f}.")
        for community in sorted({row.community for row in rows}):
            counts = Counter(
                (row.known, row.right and logit > best.bound if row.known else logit <= best.bound)
                for row, logit in by_others
                if row.community == community and not row.away
            )
            known, unknown = (counts[kind, True] + counts[kind, False] for kind in (True, False))
            self.stdout.write(
                f"  {community:<14} right {counts[True, True]} of {known}, no note {counts[False, True]} of {unknown}"
            )
