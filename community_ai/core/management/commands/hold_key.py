import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from community_ai.core.key_agent import KeyAgent


class Command(BaseCommand):
    help = (
        "Hold the key of a node with a passphrase, for its processes that run alone (systemd). `manage.py up` does so "
        "itself."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        KeyAgent(settings.HOME).start()
        threading.Event().wait()
