import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.clock import now
from governance.models import Member
from governance.refusals import Refused
from knowledge.demo.script import NAMES, Script, read
from knowledge.services import demonstration

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_WORDS, _SYLLABLES = 5, 2


class Command(BaseCommand):
    help = (
        "Found a demonstration community in an empty node: members, decisions, knowledge and a question set, all "
        "invented. Prints the pass phrases of its members once."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=NAMES, help="which community")
        parser.add_argument("--password", metavar="PHRASE", help="one pass phrase for all members, in place of random")
        parser.add_argument(
            "--home-must-be-empty",
            action="store_true",
            help="refuse a data folder that has a database already, even one without a community",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        script = read(options["name"])
        passwords = _passwords(script, options["password"])
        if options["home_must_be_empty"] and not settings.DATABASE_URL and settings.HOME.database.exists():
            raise CommandError(f"There is a node in {settings.HOME.root} already. Nothing was changed.")
        # Without a key yet, this begins the whole command again.
        call_command("setup", stdout=self.stdout)
        try:
            community = demonstration.perform(script=script, passwords=passwords, now=now())
        except Refused as refusal:
            raise CommandError(f"{refusal.sentence} Nothing was changed.") from None
        counts = (
            f"{len(script.people)} members, {len(script.motions)} proposals, {len(script.pieces)} entries and "
            f"{len(script.asked)} questions"
        )
        self.stdout.write(f"\n{community.name} is founded: {counts}. Nobody in it exists.\n\n")
        if options["password"]:
            self.stdout.write(f"All members sign in with the pass phrase you gave: {_names(script)}.")
            return
        self.stdout.write("Its members sign in with these names and pass phrases, which are shown only now:\n\n")
        width = max(len(person.username) for person in script.people)
        for person in script.people:
            self.stdout.write(f"  {person.username:<{width}}  {passwords[person.username]}  ({person.name})")


def _names(script: Script) -> str:
    return ", ".join(person.username for person in script.people)


def _passwords(script: Script, given: str | None) -> dict[str, str]:
    """Raises CommandError for a pass phrase that nobody may choose."""
    if given is not None:
        try:
            for person in script.people:
                validate_password(given, Member(username=person.username, display_name=person.name))
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from None
    return {person.username: given or _phrase() for person in script.people}


def _phrase() -> str:
    """Five made-up words, with about 61 random bits: easy to read aloud in any of our languages."""
    return "-".join(
        "".join(secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(_SYLLABLES)) for _ in range(_WORDS)
    )
