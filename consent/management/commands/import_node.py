import sys
from getpass import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.home import Home
from community_ai.core.keystore import KeyStoreError, key_path, load_node_key
from consent.backups.refusals import BackupRefused
from consent.services import backup_reading, importing
from consent.services.backup_reading import Opened
from consent.services.restoring import Wanted


class Command(BaseCommand):
    help = (
        "Bring a node back from an export, into an empty folder and, with DATABASE_URL, an empty PostgreSQL database. "
        "All of it comes in or nothing."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--into", type=Path, required=True, metavar="HOME", help="the data folder to be")
        parser.add_argument("--recovery-code", metavar="CODE", help="the code of the kit; asked for when it is needed")
        parser.add_argument(
            "--key-of", type=Path, metavar="HOME", help="open it with the key of the node that made it, in place of it"
        )
        parser.add_argument("--ledger", type=Path, metavar="FILE", help="a newer copy of the ledger of erasures")
        parser.add_argument("--checkpoints", type=Path, metavar="FILE", help="a newer copy of the record's checkpoints")

    def handle(self, *args: Any, file: Path, into: Path, key_of: Path | None, **options: Any) -> None:
        for given in (options["ledger"], options["checkpoints"]):
            if given is not None and not given.is_file():
                raise CommandError(f"{given} is not there. Nothing was changed.", returncode=2)
        try:
            opened = self._open(file, key_of, options["recovery_code"])
            done = importing.import_node(
                opened=opened,
                wanted=Wanted(into, options["ledger"], options["checkpoints"]),
                key_file=key_path(Home(key_of)) if key_of else None,
            )
        except BackupRefused as refusal:
            raise CommandError(str(refusal.sentence), returncode=2) from None
        except KeyStoreError as problem:
            raise CommandError(str(problem), returncode=2) from None
        settled = done.settled
        self.stdout.write(
            f"{opened.head.community or 'The node'} is in {into}: {settled.record} entries of the record."
        )
        if settled.changes:
            self.stdout.write(
                f"{settled.changes} changes of the database were made: the export is of an older version."
            )
        if settled.erased:
            self.stdout.write(f"{settled.erased} erasures that the export did not know were made again.")
        if settled.missing:
            self.stdout.write(
                f"{settled.missing} signed entries of the record are missing. The node opens for reading only; the "
                "members decide whether the record goes on from here (page Decisions)."
            )
        for name in done.models_missing:
            self.stdout.write(f"The model file {name} is not here; manage.py setup or models brings it back.")
        self.stdout.write("Stop the old node for good, then start this one: manage.py up")

    @staticmethod
    def _open(file: Path, key_of: Path | None, code: str | None) -> Opened:
        if key_of is not None:
            return backup_reading.open_with_node(file, node=load_node_key(Home(key_of)))
        if code is None:
            backup_reading.head_of(file)
            code = getpass("Recovery code: ") if sys.stdin.isatty() else sys.stdin.readline()
        return backup_reading.open_with_code(file, code=code)
