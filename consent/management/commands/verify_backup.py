from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.clock import now
from consent.backups.refusals import BackupRefused
from consent.services import backup_folder, backup_trials


class Command(BaseCommand):
    help = "Try a backup by a real restore into a scratch folder, which is removed. Exit code 0 when all of it holds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="by default the newest backup")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        path = file or backup_folder.newest_file()
        if path is None:
            raise CommandError("There is no backup yet: manage.py backup makes one.", returncode=2)
        try:
            settled = backup_trials.try_out(path=path, now=now())
        except BackupRefused as refusal:
            raise CommandError(f"{path}: {refusal.sentence}", returncode=2) from None
        self.stdout.write(
            f"{path} was put back for a trial: every file and row of it is there, and all {settled.record} entries of "
            f"the record hold. {settled.changes} changes of the database and {settled.erased} erasures would be made."
        )
