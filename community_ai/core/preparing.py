"""The setup steps of the core: tables, cache, jobs' schedule, translations, static files."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django_q.models import Schedule

from community_ai.core.home import FILE_MODE, Home
from community_ai.core.housekeeping import clear_expired_sessions, forget_what_nobody_needs, wipe_deleted_text
from community_ai.core.jobs import register_regular_job, regular_jobs
from community_ai.core.setup_steps import register_setup_step
from community_ai.core.translations import TranslationError, compile_translations


def make_tables(home: Home) -> str | None:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not pending:
        return None
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    return f"The database is ready ({len(pending)} steps)."


def gather_static_files(home: Home) -> str | None:
    """Collect and compress the pages' files, only when one of them changed since the last time."""
    seen = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            seen.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    stamp = home.run / "static.stamp"
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if manifest.exists() and stamp.exists() and stamp.read_text() == seen.hexdigest():
        return None
    call_command("collectstatic", interactive=False, verbosity=0, stdout=io.StringIO())
    stamp.touch(mode=FILE_MODE)
    stamp.write_text(seen.hexdigest())
    return "The pages' files are in place."


def compile_pages_translations(home: Home) -> str | None:
    """A translation that cannot be compiled is named and left out: the node starts without it."""
    try:
        written = compile_translations(map(Path, settings.LOCALE_PATHS))
    except TranslationError as problem:
        return f"{problem}. The pages show English instead."
    return f"{len(written)} translations are compiled." if written else None


def schedule_regular_jobs(home: Home) -> str | None:
    """The schedule is derived from the code: what is missing is added, what changed is mended."""
    for job in regular_jobs():
        in_minutes = isinstance(job.every, int)
        Schedule.objects.update_or_create(
            name=job.name,
            defaults={
                "func": job.path,
                "schedule_type": Schedule.MINUTES if in_minutes else job.every,
                "minutes": job.every if in_minutes else None,
                "repeats": -1,
            },
        )
    return None


def register_core_steps() -> None:
    register_regular_job("clear expired sessions", clear_expired_sessions, every=Schedule.DAILY)
    register_regular_job("forget what nobody needs", forget_what_nobody_needs, every=Schedule.DAILY)
    register_regular_job("wipe deleted text", wipe_deleted_text, every=Schedule.HOURLY)
    register_setup_step("tables", make_tables, first=True)
    register_setup_step("schedule", schedule_regular_jobs)
    register_setup_step("translations", compile_pages_translations)
    register_setup_step("static files", gather_static_files)
