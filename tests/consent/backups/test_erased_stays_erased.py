"""An older backup is put back, and what was erased since is erased again before anybody opens the node."""

from __future__ import annotations

from pathlib import Path

import pytest

from community_ai.core.holdings import Teaching
from consent.models import Reason
from consent.services import backups, erasure, ledger, recovery_kits, restoring
from consent.services.backup_reading import open_with_code
from consent.services.restoring import Wanted
from consent.services.snapshots import another
from governance.models import Member
from tests.consent.backups.conftest import only_sqlcipher
from tests.consent.erasure.conftest import (
    DAY,
    Markers,
    decide_together,
    live_here,
    mark,
    people,
    talk,
    teach,
)
from tests.knowledge.test_deletion import decrypted

__all__ = ["mark", "people"]
pytestmark = only_sqlcipher


@pytest.mark.django_db(transaction=True)
def test_nothing_of_a_member_comes_back_with_an_older_backup(
    people: dict[str, Member],
    mark: Markers,
    tmp_path: Path,
) -> None:
    ana = people["ana"]
    talk(ana, mark, conversations=5, messages=50)
    teach(ana, mark, count=10)
    decide_together(people, mark)
    live_here(people, mark)
    _, code = recovery_kits.make(by=None, now=DAY)
    row = backups.ask(reason=Reason.COMMAND, by=None, now=DAY)
    path = backups.carry_out(backup_id=row.pk, now=DAY)
    assert path is not None
    erasure.erase_all(member=ana, teaching=Teaching.WITHDRAW, now=DAY)
    erasure.finish(now=DAY)

    def left(home: Path) -> set[str]:
        contents = [decrypted(home / "db.sqlite3")]
        contents += [one.read_bytes() for one in home.rglob("*") if one.is_file() and one.name != "db.sqlite3"]
        return {marker for marker in mark.all if any(marker[-9:].encode() in content for content in contents)}

    without, home = tmp_path / "without", tmp_path / "node"
    opened = open_with_code(path, code=code)
    assert restoring.restore(opened=opened, wanted=Wanted(without)).settled.erased == 0
    assert len(left(without)) > 50, "without the ledger the older backup still holds them"
    restored = restoring.restore(opened=opened, wanted=Wanted(home, ledger=ledger.path()))
    assert restored.settled.erased >= 1
    assert left(home) == set()
    with another(home / "db.sqlite3") as database, database.cursor() as cursor:
        cursor.execute("SELECT username FROM governance_member ORDER BY username")
        assert [name for (name,) in cursor.fetchall()] == ["bela", "rosa"]
