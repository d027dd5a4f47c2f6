import sys
from getpass import getpass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.home import Home
from community_ai.core.keystore import KeyStoreError, NodeKey, load_node_key
from consent.backups.refusals import BackupRefused, KeysRotated, NotThisKey
from consent.services import backup_reading, restoring
from consent.services.backup_reading import Opened
from consent.services.restoring import Restored, Wanted


class Command(BaseCommand):
    help = "Put a node back from a backup. What is there now is moved aside, never overwritten."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--into", type=Path, default=settings.HOME.root, metavar="HOME", help="the data folder to be"
        )
        parser.add_argument("--recovery-code", metavar="CODE", help="the code of the kit; asked for when it is needed")
        parser.add_argument("--ledger", type=Path, metavar="FILE", help="a newer copy of the ledger of erasures")
        parser.add_argument("--checkpoints", type=Path, metavar="FILE", help="a newer copy of the record's checkpoints")

    def handle(self, *args: Any, file: Path, into: Path, **options: Any) -> None:
        for given in (options["ledger"], options["checkpoints"]):
            if given is not None and not given.is_file():
                raise CommandError(f"{given} is not there. Nothing was changed.", returncode=2)
        try:
            opened = self._open(file, into, options["recovery_code"])
            self.stdout.write(f"A backup of {opened.head.community or 'a new node'}, made {opened.head.made_at}.")
            wanted = Wanted(into, options["ledger"], options["checkpoints"])
            self._tell(restoring.restore(opened=opened, wanted=wanted), into)
        except BackupRefused as refusal:
            raise CommandError(str(refusal.sentence), returncode=2) from None

    def _open(self, file: Path, into: Path, code: str | None) -> Opened:
        """With the code if one is given, else with the key of the node that is there, else a code is asked for."""
        if code is None and (key := self._present_key(into)) is not None:
            try:
                return backup_reading.open_with_node(file, node=key)
            except (KeysRotated, NotThisKey) as refusal:
                self.stdout.write(str(refusal.sentence))
        if code is None:
            backup_reading.head_of(file)
            code = getpass("Recovery code: ") if sys.stdin.isatty() else sys.stdin.readline()
        return backup_reading.open_with_code(file, code=code)

    @staticmethod
    def _present_key(into: Path) -> NodeKey | None:
        if into.absolute() == settings.HOME.root:
            return settings.NODE_KEY if isinstance(settings.NODE_KEY, NodeKey) else None
        try:
            return load_node_key(Home(into))
        except KeyStoreError:
            return None

    def _tell(self, restored: Restored, into: Path) -> None:
        settled = restored.settled
        self.stdout.write(f"The node is in {into}: {settled.record} entries of the record.")
        if restored.aside:
            self.stdout.write(f"What was there before is in {restored.aside}.")
        if settled.erased:
            self.stdout.write(f"{settled.erased} erasures that the backup did not know were made again.")
        if settled.missing:
            self.stdout.write(
                f"{settled.missing} signed entries of the record are missing. The node opens for reading only; the "
                "members decide whether the record goes on from here (page Decisions)."
            )
        for name in restored.models_missing:
            self.stdout.write(f"The model file {name} is not here; manage.py setup or models brings it back.")
        self.stdout.write("Start the node: manage.py up")
