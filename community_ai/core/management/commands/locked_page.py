import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.bind import split_bind
from community_ai.core.locked_page import serve_until
from community_ai.core.unlocking import is_open


class Command(BaseCommand):
    help = "Answer every address with the page that says that the node is locked. The node starts it itself."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--until-open", action="store_true", help="end when somebody opened the node")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            host, port = split_bind(settings.BIND)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from None

        def is_over() -> bool:
            return bool(options["until_open"]) and is_open(settings.HOME)

        try:
            asyncio.run(serve_until(host, port, is_over))
        except OSError as error:
            raise CommandError(f"{settings.BIND} cannot be served: {error.strerror}.", returncode=2) from None
