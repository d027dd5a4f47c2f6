import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from community_ai.core.home import FILE_MODE
from community_ai.core.keystore import KeyMissing, KeyStoreError, create_node_key
from community_ai.core.setup_steps import setup_steps


class Command(BaseCommand):
    help = "Prepare the data folder: folders, key, database, translations, static files and the bundled model."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        home = settings.HOME
        if isinstance(settings.NODE_KEY, KeyStoreError):
            # Only a node that never was may get a key; every other trouble with keys ends here.
            if not isinstance(settings.NODE_KEY, KeyMissing) or home.database.exists():
                raise settings.NODE_KEY
            home.create()
            create_node_key(home)
            self.stdout.write(
                f"A new node in {home.root}; its key is in {home.keys}. Keep a copy of it in a safe place."
            )
            self.stdout.flush()
            # The settings were read without a key: begin again with it.
            os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606
        home.create()
        if not settings.DATABASE_URL and not home.database.exists():
            home.database.touch(mode=FILE_MODE)
        for step in setup_steps():
            sentence = step.run(home)
            if sentence:
                self.stdout.write(sentence)
                self.stdout.flush()
