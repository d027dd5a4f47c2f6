from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from knowledge.index.tables import rebuild
from knowledge.services import indexing


class Command(BaseCommand):
    help = "Bring the passages of every entry in order, and with --all write the index of words and trigrams anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="also write the index itself anew")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"]:
            # First, so that passages are not taken out of an index that does not hold them.
            rebuild()
        count = indexing.rebuild_all()
        self.stdout.write(f"{count} entries are in order.")
