from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core import passphrase as over_keys
from community_ai.core.key_agent import ask
from community_ai.core.passphrase_input import add_passphrase_file, read_new_passphrase, read_passphrase


class Command(BaseCommand):
    help = (
        "Close the node's key with a passphrase (set), with another one (change), or leave it open again (remove). "
        "With a passphrase the node starts locked; without, it starts by itself, and who steals the disk has the key."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["set", "change", "remove"])
        add_passphrase_file(parser)
        parser.add_argument("--new-passphrase-file", metavar="FILE", help="for change: the new one, in the same way")

    def handle(self, *args: Any, **options: Any) -> None:
        home, what, file = settings.HOME, options["what"], options["passphrase_file"]
        try:
            if what == "set":
                self._tell(over_keys.set_passphrase(home, read_new_passphrase(file)))
                self.stdout.write(
                    "The key is closed with the passphrase. From the next start on the node starts locked."
                )
                return
            key = over_keys.key_for(home, read_passphrase(file, prompt="Present passphrase: "))
            if what == "change":
                new = read_new_passphrase(options["new_passphrase_file"])
                self._tell(over_keys.change_passphrase(home, key, new))
                self.stdout.write("The new passphrase opens the node; the old one does not any more.")
            else:
                over_keys.remove_passphrase(home, key)
                self.stdout.write("The node starts by itself from now on.")
        except (over_keys.PassphraseRefused, over_keys.PassphraseWrong) as problem:
            raise CommandError(str(problem), returncode=1) from None

    def _tell(self, key: bytes) -> None:
        """A node that runs must go on reading its keys."""
        state = ask(settings.HOME, {"do": "state"})
        if state is not None:
            ask(settings.HOME, {"do": "open", "key": key.hex()})
