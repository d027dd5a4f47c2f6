import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent.receipt import MOST_BYTES, verify_receipt
from governance.audit.canonical import canonical


class Command(BaseCommand):
    help = "Check a receipt of a consent; needs no node and no database. Exit code 0 if it holds, 1 if not."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the receipt, or - for standard input")
        parser.add_argument("--key", help="the node's public key for receipts, as the page of the consents shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["file"] == "-":
                data = sys.stdin.buffer.read(MOST_BYTES + 1)
            else:
                with Path(options["file"]).open("rb") as file:
                    data = file.read(MOST_BYTES + 1)
        except OSError as error:
            raise CommandError(str(error), returncode=2) from None
        verdict = verify_receipt(data, trusted=options["key"])
        if not verdict.holds or verdict.record is None:
            self.stderr.write(verdict.sentence)
            raise SystemExit(1)
        self.stdout.write(verdict.sentence)
        self.stdout.write(canonical(verdict.record).decode())
        if not verdict.key_trusted:
            self.stdout.write("Compare its key with the one on the page of the consents, or give that one with --key.")
