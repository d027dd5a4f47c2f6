import fcntl
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
from community_ai.core.key_agent import KeyAgent
from community_ai.core.keystore import KeyLocked, KeyStoreError, is_sealed
from community_ai.core.processes import Child, Supervisor
from community_ai.core.unlocking import begin_again, opening_key


class Command(BaseCommand):
    help = "Prepare the node, start its three processes, keep them alive, and stop all on Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if isinstance(settings.NODE_KEY, KeyLocked):
            with self._only_one():
                self._wait_locked()
        if isinstance(settings.NODE_KEY, KeyStoreError):
            self._setup()
            begin_again(sys.argv)  # the settings were read without a key
        if settings.DATABASE_URL or settings.HOME.database.exists():
            connection.ensure_connection()  # a wrong key ends here, before anything is created
            connection.close()
        settings.HOME.create()
        with self._only_one():
            agent = KeyAgent(settings.HOME, opening_key(settings.HOME))
            agent.start()
            try:
                self._setup()
                self._serve(agent)
            finally:
                agent.stop()
        if agent.locked.is_set():
            begin_again(sys.argv)

    def _wait_locked(self) -> None:
        """Show the page that says so, until somebody opens the node; then begin again with the key."""
        self._address()
        agent = KeyAgent(settings.HOME)
        agent.start()
        supervisor = Supervisor([Child("The locked page", [sys.executable, sys.argv[0], "locked_page"])], say=self._say)
        self._stop_on_signals(supervisor)
        self._say("The node is locked: its key is closed with a passphrase. Open it with: manage.py unlock")
        try:
            supervisor.start()
            supervisor.watch(until=lambda: agent.opened.is_set() or not is_sealed(settings.HOME))
        finally:
            supervisor.stop()
            key = opening_key(settings.HOME)
            agent.stop()
        if key is None and is_sealed(settings.HOME):
            raise SystemExit(0)  # it was stopped
        begin_again(sys.argv, key=key)

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

    def _address(self) -> tuple[str, int]:
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
        return host, port

    def _stop_on_signals(self, supervisor: Supervisor) -> None:
        signal.signal(signal.SIGINT, supervisor.request_stop)
        signal.signal(signal.SIGTERM, supervisor.request_stop)

    def _serve(self, agent: KeyAgent) -> None:
        host, port = self._address()
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
        self._stop_on_signals(supervisor)
        self._say("Starting the model's worker, the web process and the job cluster ...")
        began = time.monotonic()
        try:
            supervisor.start()
            supervisor.watch(until=lambda: answers(host, port) or agent.locked.is_set())
            if not supervisor.stopping and not agent.locked.is_set():
                self._say(f"Ready after {time.monotonic() - began:.0f} s. Open {first_page()}")
                self._say("Ctrl-C stops the node.")
            supervisor.watch(until=agent.locked.is_set)
        finally:
            self._say("Stopping ...")
            supervisor.stop()

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
