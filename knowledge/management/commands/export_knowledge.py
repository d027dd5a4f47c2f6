import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.clock import now
from community_ai.core.home import FILE_MODE
from governance.models import Member
from knowledge.services import exports
from knowledge.services.export_pages import zipped_pages


class Command(BaseCommand):
    help = "Write a copy of the knowledge, as far as one member may see it: JSON Lines, or a zip file of Markdown."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE", help="a file that does not exist yet")
        parser.add_argument("--member", required=True, metavar="NAME", help="labels of use hold as they do for them")
        parser.add_argument("--markdown", action="store_true", help="pages to read, in a zip file")

    def handle(self, *args: Any, **options: Any) -> None:
        member = Member.objects.filter(username=options["member"], is_active=True).first()
        if member is None:
            raise CommandError(f"There is no active member named {options['member']}.")
        moment = now()
        try:
            # Private from the first byte on, and never in the place of something else.
            descriptor = os.open(options["path"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        except OSError as error:
            raise CommandError(f"{options['path']} cannot be written: {error.strerror}.") from None
        count = exports.begin(member=member, now=moment)
        with os.fdopen(descriptor, "wb") as file:
            pieces = zipped_pages(member=member, now=moment) if options["markdown"] else self._lines(member, moment)
            for piece in pieces:
                file.write(piece)
        self.stdout.write(f"{count} entries are in {options['path']}. The file is not encrypted: keep it safe.")

    def _lines(self, member: Member, moment: Any) -> Iterator[bytes]:
        return (line.encode() for line in exports.json_lines(member=member, now=moment))
