import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.home import FILE_MODE
from community_ai.core.key_file import new_content
from community_ai.core.keystore import KeyMissing, KeyStoreError, create_node_key, write_new_key_file
from community_ai.core.passphrase import PassphraseRefused, good, sealed
from community_ai.core.passphrase_input import add_passphrase_file, read_new_passphrase
from community_ai.core.setup_steps import setup_steps
from community_ai.core.unlocking import begin_again

STARTS_BY_ITSELF = (
    "It starts by itself after a power cut; who steals the whole computer can read everything. `manage.py passphrase "
    "set` prevents that, and then somebody types the passphrase after each start."
)
STARTS_LOCKED = (
    "It starts locked: `manage.py up`, then `manage.py unlock`. If the passphrase is forgotten, only the recovery kit "
    "helps."
)


class Command(BaseCommand):
    help = "Prepare the data folder: folders, key, database, translations, static files and the bundled model."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--passphrase",
            action="store_true",
            help="close the new node's key with a passphrase: it then starts locked (docs/operating.md, Keys)",
        )
        add_passphrase_file(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        home = settings.HOME
        if isinstance(settings.NODE_KEY, KeyStoreError):
            # Only a node that never was may get a key; every other trouble with keys ends here.
            if not isinstance(settings.NODE_KEY, KeyMissing) or home.database.exists():
                raise settings.NODE_KEY
            key = self._create(options)
            self.stdout.write(
                f"A new node in {home.root}; its key is in {home.keys}. Keep a copy of it in a safe place."
            )
            self.stdout.write(STARTS_LOCKED if key else STARTS_BY_ITSELF)
            self.stdout.flush()
            # The settings were read without a key.
            # Another command that set a node up goes on; a passphrase is asked for once.
            begin_again([sys.argv[0], "setup"] if key else sys.argv, key=key)
        if options["passphrase"] or options["passphrase_file"]:
            raise CommandError("This node is there already: manage.py passphrase set", returncode=1)
        home.create()
        if not settings.DATABASE_URL and not home.database.exists():
            home.database.touch(mode=FILE_MODE)
        for step in setup_steps():
            sentence = step.run(home)
            if sentence:
                self.stdout.write(sentence)
                self.stdout.flush()

    def _create(self, options: dict[str, Any]) -> bytes | None:
        """A key for a new node; what opens it, if a passphrase closes it."""
        home = settings.HOME
        if not (options["passphrase"] or options["passphrase_file"]):
            home.create()
            create_node_key(home)
            return None
        try:
            text, key = sealed(new_content(), good(read_new_passphrase(options["passphrase_file"])))
        except PassphraseRefused as problem:
            raise CommandError(str(problem), returncode=1) from None
        home.create()
        write_new_key_file(home, text)
        return key
