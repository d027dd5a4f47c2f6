"""Databases beside ours on the same PostgreSQL server: one to load a dump into, and the exchange of their names.

The role of `DATABASE_URL` must be allowed to make databases (CREATEDB).
"""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from consent.backups.refusals import DumpFailed
from consent.services.snapshots import postgresql_environment

# A database cannot be renamed by who is connected to it: one of these that every server has is not ours.
MAINTENANCE = ("postgres", "template1")


def fresh_name() -> str:
    return f"{present_name()[:40]}_{uuid.uuid4().hex[:12]}"


def present_name() -> str:
    return str(connection.settings_dict["NAME"])


def url_of(name: str) -> str:
    """`DATABASE_URL` with another database."""
    return urlunsplit(urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}"))


def exists(name: str) -> bool:
    with _server(present_name()) as server:
        return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def load(dump: Path, *, name: str) -> None:
    """Make the database and load the dump. Raises DumpFailed; then there is no such database."""
    try:
        with _server(present_name()) as server:
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        options = ["--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={name}"]
        done = subprocess.run(  # noqa: S603
            ["pg_restore", *options, str(dump)],  # noqa: S607
            env=postgresql_environment(name),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, psycopg.Error):
        drop(name)
        raise DumpFailed from None
    if done.returncode:
        drop(name)
        raise DumpFailed


def drop(name: str) -> None:
    """Remove the database, if it is there and can be reached."""
    try:
        with _server(present_name()) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
    except psycopg.Error:
        return


def take_place(name: str) -> str:
    """Give a loaded database the name of ours, in one transaction; returns the name that the old one has now.

    Raises DumpFailed when somebody still uses one of them.
    """
    own = present_name()
    aside = f"{own[:40]}_before_{uuid.uuid4().hex[:8]}"
    connection.close()
    try:
        with _server(next(name for name in MAINTENANCE if name != own)) as server, server.transaction():
            for old, new in ((own, aside), (name, own)):
                server.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
                )
    except psycopg.Error:
        raise DumpFailed from None
    return aside


@contextmanager
def _server(database: str) -> Iterator[psycopg.Connection[Any]]:
    own = connection.settings_dict
    wanted = {"host": own["HOST"], "port": own["PORT"], "user": own["USER"], "password": own["PASSWORD"]}
    known = {name: value for name, value in wanted.items() if value}
    with psycopg.connect(dbname=database, autocommit=True, **known, **own.get("OPTIONS", {})) as server:
        yield server
