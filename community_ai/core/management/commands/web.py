import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from channels.routing import get_default_application
from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server  # installs Twisted's asyncio reactor: nothing may import a reactor before
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from twisted.logger import globalLogBeginner

from community_ai.core.bind import split_bind
from community_ai.core.lifespan import LifespanDriver
from community_ai.core.request_bodies import bound_request_bodies

logger = logging.getLogger(__name__)


def log_failure(event: Mapping[str, Any]) -> None:
    """An observer of Twisted's events: of those, only errors that nobody dealt with matter, and not its own words."""
    failure = event.get("log_failure")
    if failure is not None:
        logger.error("An error in the server", exc_info=(failure.type, failure.value, failure.getTracebackObject()))


class Command(BaseCommand):
    help = "Serve the pages and the chat's socket (daphne, one process)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default=settings.BIND, help="address and port, by default %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        from twisted.internet import reactor

        application = get_default_application()
        try:
            host, port = split_bind(options["bind"])
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from None
        connection.ensure_connection()  # a wrong key ends here, before anything listens
        connection.close()
        loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
        asyncio.set_event_loop(loop)
        observer: Any = log_failure  # its type is a zope interface
        globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False)
        bound_request_bodies()
        driver = LifespanDriver(application)
        loop.run_until_complete(driver.startup())
        server = Server(
            application=application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            # One socket message holds a question of 8,000 characters at most; see inference.consumers.
            websocket_max_message_size=64 * 1024,
            websocket_max_frame_size=64 * 1024,
            websocket_timeout=-1,
            application_close_timeout=5,
            verbosity=0,
        )
        server.run()
        if server.abort_start or not server.listening_addresses:
            raise CommandError(f"{options['bind']} cannot be served: another program may be using it.", returncode=2)
        loop.run_until_complete(driver.shutdown())
