"""A small community with a kit, whose node is the test's own: its database is committed, its folder is made anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from consent.models import Reason, RecoveryKit
from consent.services import backup_folder, backups, recovery_kits
from consent.services.backups import Wish
from governance.models import Member
from governance.services import audit
from tests.governance.decisions.conftest import NOON, make_community

only_sqlcipher = pytest.mark.skipif(
    settings.DATABASES["default"]["ENGINE"] != "community_ai.core.sqlcipher", reason="copies SQLCipher's file"
)


@dataclass
class Node:
    members: list[Member]
    kit: RecoveryKit
    code: str

    @property
    def admin(self) -> Member:
        return self.members[0]

    def back_up(self, **wish: object) -> Path:
        row = backups.ask(reason=Reason.COMMAND, by=None, now=NOON)
        path = backups.carry_out(backup_id=row.pk, wish=Wish(**wish), now=NOON)  # type: ignore[arg-type]
        assert path is not None
        return path


@pytest.fixture
def node(transactional_db: None) -> Iterator[Node]:
    settings.HOME.create()
    shutil.rmtree(backup_folder.folder(), ignore_errors=True)
    members = make_community(4)
    kit, code = recovery_kits.make(by=members[0], now=NOON)
    audit.checkpoint(now=NOON)
    yield Node(members, kit, code)
    shutil.rmtree(backup_folder.folder(), ignore_errors=True)
    connection.close()
