from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.clock import now
from consent.backups.refusals import BackupRefused
from consent.models import Reason
from consent.services import backups
from consent.services.backups import Wish


class Command(BaseCommand):
    help = "Make one encrypted backup of the whole node, while it runs. Exit code 0 when it is complete."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="another folder than the node's own")
        parser.add_argument("--with-models", action="store_true", help="model files too, not only their hashes")
        parser.add_argument(
            "--without-recovery", action="store_true", help="without a recovery kit: only this node can open it"
        )
        parser.add_argument("--carry-out", type=UUID, metavar="ID", help="one that was asked for; the jobs use this")

    def handle(self, *args: Any, **options: Any) -> None:
        wish = Wish(options["to"], options["with_models"], options["without_recovery"])
        try:
            wanted = options["carry_out"] or backups.ask(reason=Reason.COMMAND, by=None, now=now()).pk
            path = backups.carry_out(backup_id=wanted, wish=wish, now=now(), progress=self._progress)
        except BackupRefused as refusal:
            raise CommandError(str(refusal.sentence), returncode=2) from None
        if path is None:
            self.stdout.write("Somebody else makes this backup already.")
        else:
            self.stdout.write(f"{path} ({path.stat().st_size:,} bytes)")
            if options["without_recovery"]:
                self.stdout.write("The node's key is not in it: without this computer's keys/ nobody can ever open it.")

    def _progress(self, done: int, total: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{100 * done // max(total, 1)} % ", ending="")
            self.stdout.flush()
