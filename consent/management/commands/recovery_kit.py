import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.loader import render_to_string

from community_ai.core.clock import now
from community_ai.core.home import FILE_MODE
from consent.recovery_sheet import sheet
from consent.services import recovery_kits


class Command(BaseCommand):
    help = "Make a new recovery kit and show its code once. Backups from now on open with it; older ones do not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page to print, with a QR code")

    def handle(self, *args: Any, **options: Any) -> None:
        page: Path | None = options["html"]
        if page is not None and page.exists():
            raise CommandError(f"{page} is there already. Nothing was changed.")
        if page is not None and not os.access(page.absolute().parent, os.W_OK):
            raise CommandError(f"{page} cannot be written. Nothing was changed.")
        kit, code = recovery_kits.make(by=None, now=now())
        if page is not None:
            descriptor = os.open(page, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(render_to_string("consent/recovery_kit_file.html", {"sheet": sheet(kit, code)}))
            self.stdout.write(f"Print {page}, then delete the file: who has it and a backup can read everything.")
        self.stdout.write(f"Recovery code of kit {kit.key_id}, shown this once:\n\n    {code}\n")
        self.stdout.write(
            "Write it down and keep it apart from the node and from its backups. Backups from now on open with it. "
            "Older backups open with the kit that was valid then: keep that one as long as them."
        )
