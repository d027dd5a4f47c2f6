"""A community leaves with everything: from one kind of database to the other and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from community_ai.core.holdings import Teaching
from consent.backups.names import table_of
from consent.services import erasure, exporting, ledger, recovery_kits
from consent.services.backup_reading import look_through, open_with_code
from governance.models import Member, SecretBallot
from governance.services import audit, ballots, closing, proposals
from inference.models import Conversation, Message
from knowledge.models import Tag
from tests import postgres
from tests.conftest import PASSWORD
from tests.consent.erasure.conftest import DAY, Markers, decide_together, live_here, mark, people, talk, teach
from tests.nodes import manage

__all__ = ["mark", "people"]

# What an import writes into its own record: that it took place.
OWN = {
    "governance_auditentry", "governance_auditfrontier", "consent_restore", "governance_auditcheckpoint",
    "governance_votingrule", "governance_decision", "governance_rowchange",
}  # fmt: skip

EXPORT = """
from pathlib import Path
from django.core.management import call_command
call_command("export_node", to=Path("%s"))
"""
LOOK = """
import json
from django.test import Client
from community_ai.core.append_only import missing_guards
from community_ai.core.clock import now
from governance.models import Decision, Member
from governance.services.audit_verification import verify
from governance.services.decisions import is_genuine
from inference.models import Conversation, Message
from knowledge.index.tables import missing_parts
from knowledge.models import Tag
from knowledge.rules_of_use import Use
from knowledge.services import search
rosa, ana = Member.objects.get(username="rosa"), Member.objects.get(username="ana")
print(json.dumps({
    "members": sorted(Member.objects.values_list("username", flat=True)),
    "record": verify().holds,
    "genuine": all(is_genuine(one) for one in Decision.objects.all()),
    "triggers": missing_guards() + missing_parts(),
    "said": sorted(one.text for one in Message.objects.filter(member=ana)),
    "titles": sorted(one.title for one in Conversation.objects.filter(member=ana)),
    "found": bool(search.ranked("stays", member=rosa, use=Use.QUOTE, now=now()).words),
    "signs in": Client().login(username="rosa", password="%s"),
    "next tag": Tag.objects.create(name="new", key="new").pk,
    "tags": Tag.objects.filter(key="new").delete()[0],
}))
"""


@contextmanager
def other_kind() -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Environments: an empty database of the kind that the tests do not run on, and one of the kind they do."""
    if settings.DATABASE_URL:
        with psycopg.connect(settings.DATABASE_URL, autocommit=True) as server:
            server.execute("DROP DATABASE IF EXISTS imported")
            server.execute("CREATE DATABASE imported")
        yield {}, {"DATABASE_URL": settings.DATABASE_URL.rpartition("/")[0] + "/imported"}
        return
    if postgres.find_programs() is None:
        pytest.skip("PostgreSQL is not installed; make test-postgres runs this, too")
    with postgres.server() as url:
        yield {"DATABASE_URL": url}, {}


def digests(path: Path, code: str) -> dict[str, str]:
    files = look_through(open_with_code(path, code=code)).files
    return {table: one.sha256 for one in files if (table := table_of(one.name)) and table not in OWN}


def a_community(people: dict[str, Member], mark: Markers) -> str:
    """A bit of everything; the recovery code."""
    ana, bela, rosa = people["ana"], people["bela"], people["rosa"]
    talk(ana, mark, conversations=2, messages=6)
    teach(ana, mark, count=4)
    decide_together(people, mark)
    secret = proposals.draft(author=rosa, kind="member-suspend", title="A week", reason="A quarrel.", now=DAY,
                             payload={"member": bela.pk, "days": 7})  # fmt: skip
    secret = proposals.open_vote(author=rosa, proposal_id=secret.pk, version=1, now=DAY)
    for member, choice in ((ana, "no"), (rosa, "no")):
        ballots.cast(member=member, proposal_id=secret.pk, choice=choice, version=1, now=DAY + timedelta(hours=1))
    closing.close_due(now=DAY + timedelta(days=30))
    assert SecretBallot.objects.exists()
    live_here(people, mark)
    Member.objects.filter(pk=rosa.pk).update(password=PBKDF2PasswordHasher().encode(PASSWORD, "salt", 1000))
    audit.checkpoint(now=DAY)
    return recovery_kits.make(by=rosa, now=DAY)[1]


def test_a_community_moves_to_the_other_database_and_back(
    people: dict[str, Member], mark: Markers, tmp_path: Path
) -> None:
    """On the way back the ledger knows of somebody who left meanwhile: she does not come in again."""
    code = a_community(people, mark)
    gone = Tag.objects.create(name="gone", key="gone").pk
    Tag.objects.filter(pk=gone).delete()
    ana = people["ana"]
    expected = {
        "record": True, "genuine": True, "triggers": [], "found": True, "signs in": True, "tags": 1,
        "said": sorted(one.text for one in Message.objects.filter(member=ana)),
        "titles": sorted(one.title for one in Conversation.objects.filter(member=ana)),
    }  # fmt: skip
    first, second = tmp_path / "first.export", tmp_path / "second.export"
    done = exporting.export(path=first, now=DAY)
    assert mark.all[0].encode() not in first.read_bytes()
    erasure.erase_all(member=people["bela"], teaching=Teaching.WITHDRAW, now=DAY)
    erasure.finish(now=DAY)
    with other_kind() as places:
        for path, place in zip((first, second), places, strict=True):
            home = tmp_path / path.stem
            arguments = [str(path), "--into", str(home), "--recovery-code", code]
            arguments += ["--ledger", str(ledger.path())] if path == second else []
            came = manage(home, "import_node", *arguments, **place)
            assert came.returncode == 0, came.stdout + came.stderr
            look = LOOK % PASSWORD
            if path == first:  # before anybody signs in
                look = EXPORT % second + look
            looked = manage(home, "shell", "-c", look, **place)
            assert looked.returncode == 0, looked.stderr
            found = json.loads(next(line for line in looked.stdout.splitlines() if line.startswith("{")))
            assert found.pop("next tag") == gone + 1
            assert found.pop("members") == (["ana", "bela", "rosa"] if path == first else ["ana", "rosa"])
            assert found == expected
    assert digests(second, code) == digests(first, code)
    assert len(digests(first, code)) == done.tables - len(OWN)
