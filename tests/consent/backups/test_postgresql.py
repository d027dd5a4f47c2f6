"""The same with PostgreSQL: a dump of one moment, a trial in a database of its own, and an exchange of two names."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from community_ai.core.keystore import NodeKey
from consent.backups.refusals import DumpFailed
from consent.models import Backup, Check
from consent.services import backup_trials, postgresql_databases, snapshots
from consent.services.backup_reading import look_through, open_with_node
from tests.consent.backups.conftest import Node
from tests.governance.decisions.conftest import NOON

pytestmark = pytest.mark.skipif(not settings.DATABASE_URL, reason="about PostgreSQL")


def databases() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {name for (name,) in cursor.fetchall()}


def test_a_dump_is_tried_in_a_database_that_goes_again(node: Node) -> None:
    path = node.back_up()
    assert isinstance(settings.NODE_KEY, NodeKey)
    manifest = look_through(open_with_node(path, node=settings.NODE_KEY))
    assert manifest.tables["governance_member"] == len(node.members)
    before = databases()
    settled = backup_trials.try_out(path=path, now=NOON)
    assert settled.record == manifest.record
    assert Backup.objects.get().check_state == Check.HOLDS
    assert databases() == before


def test_two_databases_change_their_names_in_one_step(node: Node, tmp_path: Path) -> None:
    own, fresh = postgresql_databases.present_name(), postgresql_databases.fresh_name()
    with snapshots.snapshot(tmp_path) as taken:
        (tmp_path / "dump").write_bytes(b"".join(taken.blocks()))
    postgresql_databases.load(tmp_path / "dump", name=fresh)
    aside = postgresql_databases.take_place(fresh)
    assert {own, aside} <= databases()
    assert fresh not in databases()
    connection.close()
    postgresql_databases.take_place(aside)


def test_missing_tools_are_told_in_a_sentence(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(DumpFailed):
        node.back_up()
    assert Backup.objects.get().problem == "dump"
    with pytest.raises(DumpFailed):
        postgresql_databases.load(Path("/nowhere"), name=postgresql_databases.fresh_name())
