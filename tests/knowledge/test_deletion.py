"""Deleting an entry leaves nothing of it in the files: the database is read page by page, as the disk holds it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.db import connection, transaction

from community_ai.core.housekeeping import wipe_deleted_text
from community_ai.core.keystore import NodeKey
from governance.models import AuditEntry, AuditPrivate, Member
from knowledge.content import Content, Example
from knowledge.index import removal
from knowledge.models import Entry, EntryLabel, EntryVersion, Passage, Tag, Thanks
from knowledge.references import reference
from knowledge.services import entries, entry_labels
from knowledge.services.entry_batches import forget_many
from tests.database_file import content_of
from tests.knowledge.conftest import JUNE, add, new

pytestmark = pytest.mark.skipif(bool(settings.DATABASE_URL), reason="about the SQLCipher file")

# Runes: no other text of the file holds two of them in a row, whatever FTS5 shortens.
CANARY = "ᚠᚢᚦᚨᚱᚲ"
TAG = "ᛈᛉᛊᛏ"
PAGE, RESERVED, IV = 4096, 80, 16


def decrypted(path: Path) -> bytes:
    """Every page of the file, free ones too, as SQLite sees them (SQLCipher 4: AES-256-CBC, the IV behind the page)."""
    assert isinstance(settings.NODE_KEY, NodeKey)
    key = settings.NODE_KEY.derive("database")
    data = content_of(path)
    pages = []
    for start in range(0, len(data), PAGE):
        page = data[start : start + PAGE]
        body, iv = page[(16 if start == 0 else 0) : PAGE - RESERVED], page[PAGE - RESERVED :][:IV]
        decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        pages.append(decryptor.update(body) + decryptor.finalize())
    return b"".join(pages)


def left_of(text: str) -> list[str]:
    """Which pairs of its signs stand anywhere in the database file, after the write-ahead log was emptied."""
    assert wipe_deleted_text()
    path = Path(connection.settings_dict["NAME"])
    log = path.with_name(path.name + "-wal")
    assert not log.exists() or log.stat().st_size == 0
    content = decrypted(path)
    assert b"knowledge_passage" in content
    return [pair for pair in map("".join, pairwise(text)) if pair.encode() in content]


def written(author: Member, reader: Member) -> Entry:
    """An entry that says the canary wherever an entry can say something, in two versions."""
    entry = add(
        author,
        CANARY,
        f"{CANARY} " * 30,
        examples=(Example(CANARY, CANARY),),
        source=CANARY,
        pronunciation=CANARY,
        tags=[TAG],
        labels=["open"],
    )
    entries.revise(
        entry_id=entry.pk,
        by=author,
        base=1,
        content=Content(f"{CANARY} again", f"{CANARY[::-1]} {CANARY}"),
        change_note=CANARY,
        now=JUNE,
    )
    entry_labels.take_off(entry_id=entry.pk, label="open", by=author, now=JUNE)
    entries.thank(entry_id=entry.pk, member=reader, now=JUNE)
    entries.relate(entry_id=entry.pk, other_id=add(author, "Other").pk, by=author, now=JUNE)
    return entry


@pytest.mark.django_db(transaction=True)
def test_an_entry_leaves_nothing_in_the_files(author: Member, reader: Member) -> None:
    entry = written(author, reader)
    assert len(left_of(CANARY)) == len(CANARY) - 1
    assert left_of(TAG)
    entries.delete(entry_id=entry.pk, by=author, now=JUNE)
    assert left_of(CANARY) == left_of(CANARY[::-1]) == left_of(TAG) == []
    assert Entry.objects.get().title == "Other"
    assert not EntryLabel.objects.exists()
    assert not Thanks.objects.exists()
    assert not Tag.objects.exists()
    assert EntryVersion.objects.count() == Passage.objects.count() == 1
    assert AuditEntry.objects.order_by("-index").values_list("kind", flat=True)[0] == "entry.deleted"
    assert not AuditPrivate.objects.filter(entry__leaf__contains=reference(entry.pk)).exists()


@pytest.mark.django_db(transaction=True)
def test_what_a_revision_replaced_leaves_the_index_and_stays_in_the_history(author: Member) -> None:
    entry = add(author, "Song", f"About {CANARY}.")
    entries.revise(entry_id=entry.pk, by=author, base=1, content=Content("Song", "About something."), now=JUNE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM knowledge_trigrams_frequencies WHERE term = %s", [CANARY[:3].casefold()])
        assert cursor.fetchone()[0] == 0
    assert EntryVersion.objects.filter(body__contains=CANARY).exists()


@pytest.mark.django_db(transaction=True)
def test_many_entries_leave_nothing_either(author: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "FEW", 5)
    kept = add(author, "Kept", "What stays.")
    items = [new(f"{CANARY} {number}", f"{CANARY} {number} " * 20, tags=[TAG]) for number in range(40)]
    done = entries.add_many(author=author, new=items, now=JUNE)
    assert left_of(CANARY)
    with transaction.atomic():
        assert forget_many(entry_ids=done.entry_ids, actor=author, now=JUNE) == 40
    assert left_of(CANARY) == left_of(TAG) == []
    assert Entry.objects.get() == kept
    assert secure_delete() == {"knowledge_words": 1, "knowledge_trigrams": 1}


@pytest.mark.django_db(transaction=True)
def test_a_removal_that_fails_leaves_everything_as_it_was(author: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "FEW", 1)
    done = entries.add_many(author=author, new=[new(f"{CANARY} {number}") for number in range(4)], now=JUNE)
    with pytest.raises(RuntimeError):
        fail_to_remove(4)
    assert Passage.objects.count() == 4
    assert secure_delete() == {"knowledge_words": 1, "knowledge_trigrams": 1}
    for pk in done.entry_ids:
        entries.delete(entry_id=pk, by=author, now=JUNE)
    assert left_of(CANARY) == []


def fail_to_remove(count: int) -> None:
    with transaction.atomic(), removal.removing(count):
        Passage.objects.all().delete()
        raise RuntimeError


def secure_delete() -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for table in ("knowledge_words", "knowledge_trigrams"):
            cursor.execute(f"SELECT v FROM {table}_config WHERE k = 'secure-delete'")  # noqa: S608
            found[table] = int(cursor.fetchone()[0])
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", ["teacher", "reader"])
def test_an_entry_whose_author_is_gone_is_deleted_by_those_who_review(
    author: Member, request: pytest.FixtureRequest, who: str
) -> None:
    entry = add(author, "Song")
    author.delete()
    member: Member = request.getfixturevalue(who)
    delete: Callable[[], None] = lambda: entries.delete(entry_id=entry.pk, by=member, now=JUNE)  # noqa: E731
    if who == "teacher":
        delete()
        assert not Entry.objects.exists()
    else:
        with pytest.raises(entries.MayNotDelete):
            delete()
