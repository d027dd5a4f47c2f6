import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.audit.canonical import canonical
from governance.audit.checkpoint import NoteError, NoteKey
from governance.audit.receipt import MOST_BYTES, verify_receipt


class Command(BaseCommand):
    help = "Check a receipt; needs no node and no database. Exit code 0 if it holds, 1 if not."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the receipt, or - for standard input")
        parser.add_argument("--key", help="the record's public key, as its Records page shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            trusted = NoteKey.decode(options["key"]) if options["key"] else None
            if options["file"] == "-":
                data = sys.stdin.buffer.read(MOST_BYTES + 1)
            else:
                with Path(options["file"]).open("rb") as file:
                    data = file.read(MOST_BYTES + 1)
        except (NoteError, OSError) as error:
            raise CommandError(str(error), returncode=2) from None
        verdict = verify_receipt(data, trusted=trusted)
        if not verdict.holds or verdict.entry is None:
            self.stderr.write(verdict.sentence)
            raise SystemExit(1)
        self.stdout.write(verdict.sentence)
        self.stdout.write(canonical(verdict.entry).decode())
        if verdict.private is not None:
            self.stdout.write(canonical(verdict.private).decode())
        if not verdict.key_trusted:
            self.stdout.write("Compare its key with the one on the Records page, or give that one with --key.")
