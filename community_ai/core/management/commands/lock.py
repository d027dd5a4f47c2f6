from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from community_ai.core.key_agent import ask


class Command(BaseCommand):
    help = "Lock a running node with a passphrase: its processes end, and every page says that it is locked."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        answer = ask(settings.HOME, {"do": "lock"})
        if answer is None:
            raise CommandError("The node does not run: there is nothing to lock.", returncode=2)
        if not answer.get("locked"):
            raise CommandError("This node has no passphrase, or is locked already.", returncode=1)
        self.stdout.write("The node is locked.")
