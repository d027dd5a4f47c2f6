from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.key_agent import ask
from community_ai.core.passphrase import PassphraseWrong, key_for
from community_ai.core.passphrase_input import add_passphrase_file, read_passphrase


class Command(BaseCommand):
    help = "Open a node that was started locked: asks for its passphrase. Exit code 1 for a wrong one."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_passphrase_file(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        state = ask(settings.HOME, {"do": "state"})
        if state is None:
            raise CommandError("The node does not run. Start it first: manage.py up", returncode=2)
        if state.get("state") == "open":
            self.stdout.write("The node is open already.")
            return
        try:
            key = key_for(settings.HOME, read_passphrase(options["passphrase_file"]))
        except PassphraseWrong as wrong:
            raise CommandError(
                f"{wrong} The next try has to wait a little, and longer each time.", returncode=1
            ) from None
        answer = ask(settings.HOME, {"do": "open", "key": key.hex()})
        if not answer or not answer.get("opened"):
            raise CommandError("The node did not take the key. Look at its log.", returncode=2)
        self.stdout.write("The node is open, and starts now.")
