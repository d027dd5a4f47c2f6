"""What an operator sends to somebody who helps: how the node is set up and how it stands, in one readable text.

No row of a table is in it, no secret, and no name: of a setting that could be one, only that it is set. Paths of the
data folder, of the code and of the operator begin with HOME, CODE and ~.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from re import match

import psutil
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from community_ai.core import log_files
from community_ai.core.doctor import examine
from community_ai.core.logs import words_of

PREFIX = "COMMUNITY_AI_"
# Settings whose values are numbers, switches and the names of time zones: these are written out.
SHOWN = frozenset(
    PREFIX + name
    for name in ("DEBUG", "PROXIES", "TIME_ZONE", "THREADS", "KV_MEMORY_MB", "IMPORT_MB", "LOG_MB", "BACKUP_HOUR",
                 "BACKUP_DAYS", "BACKUP_WEEKS", "BACKUP_MONTHS", "EMAIL_PORT", "EMAIL_TLS")
)  # fmt: skip
KB = 1024


def bundle(*, lines: int, now: datetime) -> str:
    """The whole text, with the last `lines` lines of the logs. What cannot be found out says so; nothing raises."""
    sections: list[tuple[str, Callable[[], Iterable[str]]]] = [
        ("Versions", _versions),
        ("Machine", _machine),
        ("Settings (not shown: what could be a secret, a name or an address)", _settings),
        ("What the doctor says", _findings),
        ("Changes of the database that wait", _migrations),
        ("Rows by table (numbers only)", _rows),
        ("Sizes in the data folder", _sizes),
        (f"The last {lines} lines of the logs", lambda: log_files.last_lines(settings.HOME.logs, lines)),
    ]
    text = [f"Community AI: support bundle of {now:%Y-%m-%d %H:%M} UTC"]
    for title, gather in sections:
        text += ["", f"== {title}", *_gathered(gather)]
    return without_paths("\n".join(text)) + "\n"


def without_paths(text: str) -> str:
    """Places of this computer replaced by what they are for."""
    places = {
        str(settings.HOME.root): "HOME",
        str(settings.BACKUP_FOLDER): "BACKUPS",
        str(settings.BASE_DIR): "CODE",
        str(Path.home()): "~",
    }
    for place in sorted(places, key=len, reverse=True):
        if len(place) > 1:
            text = text.replace(place, places[place])
    return text


def _gathered(gather: Callable[[], Iterable[str]]) -> list[str]:
    try:
        return list(gather()) or ["none"]
    except Exception as error:  # a node that does not work is what a bundle is made for
        return [f"could not be found out: {words_of(error)}"]


def _versions() -> Iterator[str]:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]
    yield f"community-ai {project['version']}"
    yield f"python {sys.version.split()[0]}"
    for wanted in project["dependencies"]:
        found = match(r"[A-Za-z0-9._-]+", wanted)
        if found is not None:
            yield f"{found[0]} {_version_of(found[0])}"


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "is not installed"


def _machine() -> Iterator[str]:
    memory, root = psutil.virtual_memory(), settings.HOME.root
    yield f"{platform.system()} {platform.release()} {platform.machine()}"
    yield f"{os.cpu_count()} cores; {memory.available >> 20:,} of {memory.total >> 20:,} MB memory free"
    disk = shutil.disk_usage(root if root.exists() else root.parent)
    yield f"{disk.free >> 20:,} of {disk.total >> 20:,} MB of the disk free"


def _settings() -> Iterator[str]:
    yield f"database: {connection.vendor}"
    yield f"reached by: {settings.PUBLIC_URL.scheme}"
    for name, value in sorted(os.environ.items()):
        if name.startswith(PREFIX) or name == "DATABASE_URL":
            yield f"{name}={value}" if name in SHOWN else f"{name} is set"


def _findings() -> Iterator[str]:
    for name, finding in examine():
        yield f"{finding.health} {name}: {finding.sentence}"


def _migrations() -> Iterator[str]:
    executor = MigrationExecutor(connection)
    for migration, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield str(migration)


def _rows() -> Iterator[str]:
    for model in sorted(apps.get_models(include_auto_created=True), key=lambda model: model._meta.label):
        if not model._meta.proxy and model._meta.managed:
            yield f"{model._meta.label}: {model._base_manager.count():,}"


def _sizes() -> Iterator[str]:
    root = settings.HOME.root
    for path in sorted(root.iterdir()):
        if path.is_dir():
            sizes = [one.stat().st_size for one in path.rglob("*") if one.is_file()]
            yield f"{path.name}/: {len(sizes):,} files, {sum(sizes) // KB:,} KB"
        else:
            yield f"{path.name}: {path.stat().st_size // KB:,} KB"
