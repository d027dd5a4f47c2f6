from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from community_ai.core.translations import TranslationError, compile_translations


class Command(BaseCommand):
    help = "Compile the translations in locale/ that changed since the last time."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            written = compile_translations(map(Path, settings.LOCALE_PATHS))
        except TranslationError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"Compiled {len(written)} translations." if written else "The translations are up to date.")
