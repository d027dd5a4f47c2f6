from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.clock import now
from community_ai.core.stopped_keys import rotate_stopped_keys
from consent.services import key_rotation
from consent.services.personal_keys import node_key


class Command(BaseCommand):
    help = (
        "New keys: the node's, which wraps members' keys, then members' keys with everything that they seal. The node "
        "goes on serving. Interrupted, the same command goes on. Exit code 1 when an older key had to stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--node", action="store_true", help="the node's key only: takes seconds")
        which.add_argument("--members", action="store_true", help="members' keys only: takes minutes")
        which.add_argument("--database", action="store_true", help="the database's own key; the node must be stopped")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["database"]:
            self._database()
            return
        if not options["members"]:
            key_rotation.rotate_node_key(say=self._say)
        if not options["node"]:
            self._members()
        self._say("Copy the key file anew (docs/operating.md, Keys): an older copy does not open what is written now.")

    def _members(self) -> None:
        done = key_rotation.rotate_personal_keys(say=self._say, now=now())
        self._say(f"{done.members} members have a new key; {done.values} texts and {done.files} files sealed anew.")
        if done.kept:
            raise CommandError(
                f"{len(done.kept)} members keep their older key beside the new one: something that it sealed is still "
                "in use, or does not open. Run the command again later.",
                returncode=1,
            )

    def _database(self) -> None:
        rotate_stopped_keys(node=node_key(), say=self._say)
        if settings.DATABASE_URL:
            self._say("PostgreSQL keeps its own keys: encrypt its disk.")
        self._say("Copy the key file anew (docs/operating.md, Keys).")

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
