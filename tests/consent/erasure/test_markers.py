"""After a member left, nothing of theirs is in any file, and the rest of the community's data is whole."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core import serializers
from django.db import connection

from community_ai.core.holdings import Teaching
from community_ai.core.housekeeping import wipe_deleted_text
from consent.models import Erasure, ErasureState
from consent.services import erasure, ledger
from governance.models import Comment, Decision, Eligibility, Member, Proposal
from governance.services.audit_verification import verify
from governance.services.decisions import is_genuine
from knowledge.models import Entry, Passage
from tests.consent.erasure.conftest import DAY, Markers, decide_together, live_here, talk, teach
from tests.database_file import connected_to, content_of
from tests.knowledge.test_deletion import decrypted

pytestmark = [
    pytest.mark.skipif(bool(settings.DATABASE_URL), reason="about the SQLCipher file"),
    pytest.mark.django_db(transaction=True),
]


def database() -> Path:
    return Path(connection.settings_dict["NAME"])


def left(markers: list[str]) -> list[str]:
    """Which markers, or ends of them, stand in any file of the data folder, the database read page by page."""
    assert wipe_deleted_text()
    contents = [decrypted(database())]
    for path in settings.HOME.root.rglob("*"):
        if path.is_file() and path != database() and path.suffix not in (".gguf", ".css", ".js", ".woff2"):
            # The tests' own database and its log are not opened by this process, which has them in use.
            contents.append(content_of(path))
    assert b"consent_erasure" in contents[0]
    return [marker for marker in markers if any(marker[-9:].encode() in content for content in contents)]


def of_others(people: dict[str, Member]) -> str:
    """A digest over rows that are not Ana's."""
    rows = [*Entry.objects.filter(author=people["rosa"]), *Comment.objects.filter(author=people["bela"])]
    rows += [people["rosa"], people["bela"], *Decision.objects.order_by("pk")]
    for row in rows:
        row.refresh_from_db()
    return hashlib.sha256(serializers.serialize("json", rows).encode()).hexdigest()


def test_nothing_of_a_member_is_left_and_the_rest_is_whole(
    people: dict[str, Member], mark: Markers, tmp_path: Path
) -> None:
    ana = people["ana"]
    talk(ana, mark, conversations=20, messages=1000)
    teach(ana, mark, count=20)
    proposed = decide_together(people, mark)
    live_here(people, mark)
    assert len(mark.all) >= 200
    # The search finds what is there: all but what is sealed with her key.
    assert len(left(mark.all)) > 100
    ana.refresh_from_db()
    before, passages = of_others(people), Passage.objects.exclude(entry__author=ana).count()
    assert verify().holds
    older = tmp_path / "older.sqlite3"
    older.write_bytes(content_of(database()))
    begun = erasure.erase_all(member=ana, teaching=Teaching.WITHDRAW, now=DAY)
    assert erasure.finish(now=DAY) == 1
    assert Erasure.objects.get(pk=begun.number).state == ErasureState.DONE
    assert left(mark.all) == []
    result = verify()
    assert result.holds, result.fault
    assert of_others(people) == before
    assert Passage.objects.count() == passages
    assert not Member.objects.filter(pk=ana.pk).exists()
    assert all(map(is_genuine, Decision.objects.all()))
    assert Proposal.objects.get(pk=proposed["open"].pk).state == "withdrawn"
    # The named vote counts on, without a name; the answer of another member keeps its place.
    assert Eligibility.objects.filter(proposal=proposed["decided"], member=None, ballots__choice="yes").count() == 1
    answer = Comment.objects.get(author=people["bela"])
    assert answer.answers is not None and answer.answers.text == "" and answer.answers.author is None
    line, done = ledger.verified()
    assert json.loads(line.raw)["member"] == ana.pk == done.member_id
    assert done.facts["counts"]["conversations"] == 20
    assert done.facts["counts"]["entries"] == 20
    # The database of before is put back: it catches up with the ledger.
    with connected_to(older):
        assert Member.objects.filter(pk=ana.pk).exists()
        assert erasure.replay(now=DAY) == 2
        assert left(mark.all) == []
        assert of_others(people) == before
        result = verify()
        assert result.holds or "shorter" in result.fault, result.fault


def test_what_was_taught_stays_and_is_nobodys(people: dict[str, Member], mark: Markers) -> None:
    ana = people["ana"]
    teach(ana, mark, count=2)
    decide_together(people, mark)
    erasure.erase_all(member=ana, teaching=Teaching.ANONYMISE, now=DAY)
    erasure.finish(now=DAY)
    assert not Member.objects.filter(pk=ana.pk).exists()
    assert Entry.objects.filter(author=None).count() == 2
    assert Proposal.objects.filter(author=None, state="open").count() == 1
    assert verify().holds
