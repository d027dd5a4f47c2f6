"""A record with a few entries, and ways to bend it as somebody with the key and the file could."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from governance.audit import kinds
from governance.audit.kinds import Readers, register_entry_kind
from governance.models import AuditEntry, Member
from governance.services import audit
from tests.append_only import triggers_lifted

MOMENT = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _test_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kinds of entries for these tests, gone afterwards."""
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    register_entry_kind("test.decided", _("%(voted)s of %(eligible)s members decided: %(title)s."), label="Decided")
    register_entry_kind("test.noted", _("%(actor)s wrote a note about %(person)s: %(note)s."), readers=Readers.ACTOR)


@pytest.fixture
def write() -> Callable[..., AuditEntry]:
    """Write one entry in a transaction of its own."""

    def write(
        number: int = 0, *, actor: Member | None = None, kind: str = "test.decided", **more: object
    ) -> AuditEntry:
        values = {
            "subject": f"proposal:{number}",
            "facts": {"voted": 14, "eligible": 21},
            "private": {"title": f"Proposal {number}"},
            "now": MOMENT + timedelta(minutes=number),
            **more,
        }
        with transaction.atomic():
            return audit.record(kind=kind, actor=actor, **values)  # type: ignore[arg-type]

    return write


@pytest.fixture
def bend() -> Callable[..., None]:
    """Run SQL as somebody who first removed the triggers, and put them back."""

    def bend(sql: str, *parameters: str | int | datetime) -> None:
        with triggers_lifted(), connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            assert cursor.rowcount != 0, "nothing was bent"

    return bend
