from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.clock import now
from consent.backups.refusals import BackupRefused
from consent.services import exporting


class Command(BaseCommand):
    help = (
        "Write the whole node into one encrypted file that import_node takes in elsewhere, whatever kind of database "
        "is there. The node may run meanwhile; what comes in later is not in the file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="the file to be")
        parser.add_argument("--with-models", action="store_true", help="model files too, not only their hashes")

    def handle(self, *args: Any, to: Path, with_models: bool, **options: Any) -> None:
        try:
            done = exporting.export(path=to, with_models=with_models, now=now())
        except BackupRefused as refusal:
            raise CommandError(str(refusal.sentence), returncode=2) from None
        self.stdout.write(
            f"{to} ({to.stat().st_size:,} bytes): {done.rows:,} rows of {done.tables} tables, {done.record} entries of "
            "the record. It opens with the recovery code. Import it with: manage.py import_node"
        )
