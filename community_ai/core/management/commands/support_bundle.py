import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.clock import now
from community_ai.core.home import FILE_MODE
from community_ai.core.support_bundle import bundle


class Command(BaseCommand):
    help = "Show what somebody who helps needs to know about the node, without personal text, and write it to a file."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", metavar="FILE", type=Path, help="the file; by default one beside you, with the day")
        parser.add_argument("--lines", type=int, default=200, help="so many lines of the logs (by default 200)")
        parser.add_argument("--yes", action="store_true", help="write it without asking")

    def handle(self, *args: Any, **options: Any) -> None:
        moment = now()
        text = bundle(lines=max(0, options["lines"]), now=moment)
        file: Path = options["to"] or Path(f"community-ai-support-{moment:%Y-%m-%d}.txt")
        self.stdout.write(text)
        if not options["yes"] and not self._agreed(file):
            self.stdout.write("Nothing was written.")
            return
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        except FileExistsError:
            raise CommandError(f"{file} is there already. Choose another with --to.", returncode=2) from None
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.", returncode=2) from None
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
        self.stdout.write(f"Written to {file}: exactly what you see above. You send it yourself, or not.")

    @staticmethod
    def _agreed(file: Path) -> bool:
        try:
            return input(f"All of this, and nothing else, goes into {file}. Write it? [y/N] ").strip().lower() == "y"
        except EOFError:
            return False
