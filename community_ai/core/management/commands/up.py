import fcntl
import os
import signal
import subprocess
import sys
import time
from typing import Any, TextIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from community_ai.core.bind import answers, is_free, split_bind
from community_ai.core.first_page import first_page
from community_ai.core.keystore import KeyStoreError
from community_ai.core.processes import Child, Supervisor


class Command(BaseCommand):
    help = "Prepare the node, start its three processes, keep them alive, and stop all on Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if isinstance(settings.NODE_KEY, KeyStoreError):
            self._setup()
            # The settings were read without a key: begin again with it.
            os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606
        if settings.DATABASE_URL or settings.HOME.database.exists():
            connection.ensure_connection()  # a wrong key ends here, before anything is created
            connection.close()
        settings.HOME.create()
        with self._only_one():
            self._setup()
            self._serve()

    def _setup(self) -> None:
        code = subprocess.run([sys.executable, sys.argv[0], "setup"], check=False).returncode  # noqa: S603
        if code:
            raise SystemExit(code)

    def _only_one(self) -> TextIO:
        lock = (settings.HOME.run / "up.lock").open("w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"This node is running already (the folder {settings.HOME.root}).", returncode=2
            ) from None
        return lock

    def _serve(self) -> None:
        try:
            host, port = split_bind(settings.BIND)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from None
        if not is_free(host, port):
            raise CommandError(
                f"Another program is using {settings.BIND}. Choose another address: "
                f"COMMUNITY_AI_URL=http://localhost:{port + 1} make run",
                returncode=2,
            )
        manage = [sys.executable, sys.argv[0]]
        supervisor = Supervisor(
            [
                # The model would take every core; the pages must stay quick beside it.
                Child("The worker with the model", [*manage, "worker"], niceness=5),
                Child("The web process", [*manage, "web"]),
                Child("The job cluster", [*manage, "jobs"], niceness=10),
            ],
            say=self._say,
        )
        signal.signal(signal.SIGINT, supervisor.request_stop)
        signal.signal(signal.SIGTERM, supervisor.request_stop)
        self._say("Starting the model's worker, the web process and the job cluster ...")
        began = time.monotonic()
        try:
            supervisor.start()
            supervisor.watch(until=lambda: answers(host, port))
            if not supervisor.stopping:
                self._say(f"Ready after {time.monotonic() - began:.0f} s. Open {first_page()}")
                self._say("Ctrl-C stops the node.")
            supervisor.watch()
        finally:
            self._say("Stopping ...")
            supervisor.stop()

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
