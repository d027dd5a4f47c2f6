"""Whoever has the key and the file can bend anything, and `verify_audit` finds it: a table of attacks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from community_ai.core.append_only import missing_guards
from community_ai.core.doctor import Health
from community_ai.core.housekeeping import wipe_deleted_text
from governance.audit.canonical import canonical
from governance.audit.checkpoint import Checkpoint, sign_note
from governance.audit.leaf import leaf_of
from governance.audit.merkle import Frontier, leaf_hash
from governance.models import (
    AuditCheckpoint,
    AuditEntry,
    Member,
    Role,
    RowChange,
)
from governance.recording import check_record
from governance.services import audit, checkpoint_file
from governance.services.audit_verification import verify
from tests.append_only import triggers_lifted
from tests.database_file import connected_to, content_of
from tests.governance.audit.conftest import MOMENT

Write = Callable[..., AuditEntry]
Bend = Callable[..., None]
SIZE = 9


@pytest.fixture
def record(write: Write, make_member: Callable[..., Member]) -> list[AuditEntry]:
    """Nine entries of two members and a row change, checkpoints of 5 and 9 entries, and one part erased."""
    ana, ben = make_member("ana"), make_member("ben")  # two entries: rows that were created
    entries = [write(number, actor=(ana, ben)[number % 2]) for number in range(3)]
    audit.checkpoint(now=MOMENT)
    with transaction.atomic():
        Role.objects.create(key="cook", name="Cook", permissions=[])
    entries += [write(4, actor=ben), write(5, private=None)]
    with transaction.atomic():
        audit.erase_private(indexes=[entries[0].pk], actor=None, now=MOMENT)
    audit.checkpoint(now=MOMENT + timedelta(hours=1))
    assert AuditEntry.objects.count() == SIZE
    result = verify()
    assert (result.holds, result.count, result.checkpoints, result.erased) == (True, SIZE, 2, 1), result.fault
    return entries


def _forget_checkpoints(bend: Bend, size: int = 0) -> None:
    bend("DELETE FROM governance_auditcheckpoint WHERE size > %s", size)


def _forget_file(bend: Bend, lines: int = 0) -> None:
    path = checkpoint_file.path()
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]))


def _all(*attacks: Bend) -> Bend:
    """One attack after the other."""

    def attack(bend: Bend) -> None:
        for each in attacks:
            each(bend)

    return attack


def _rebuild_edge(bend: Bend) -> None:
    tree = Frontier()
    for digest in AuditEntry.objects.order_by("index").values_list("leaf_hash", flat=True):
        tree = tree.append(bytes.fromhex(digest))
    bend("UPDATE governance_auditfrontier SET size = %s, peaks = %s", tree.size, " ".join(p.hex() for p in tree.peaks))


def _rewrite_entry(bend: Bend, index: int = 3) -> None:
    """A consistent forgery: other facts, its hash, and the tree's edge."""
    entry = AuditEntry.objects.get(pk=index)
    leaf = canonical({**entry.said, "facts": {"voted": 21, "eligible": 21}})
    bend(
        'UPDATE governance_auditentry SET leaf = %s, leaf_hash = %s WHERE "index" = %s',
        leaf.decode(),
        leaf_hash(leaf).hex(),
        index,
    )
    _rebuild_edge(bend)


def _delete_newest(bend: Bend) -> None:
    bend('DELETE FROM governance_auditentry WHERE "index" = %s', SIZE - 1)


def _swap(bend: Bend, one: int, other: int) -> None:
    for source, target in ((one, 1000), (other, one), (1000, other)):
        bend("UPDATE governance_auditprivate SET entry_id = %s WHERE entry_id = %s", target, source)
        bend('UPDATE governance_auditentry SET "index" = %s WHERE "index" = %s', target, source)


def _swap_without_keys(bend: Bend) -> None:
    one, other = AuditEntry.objects.get(pk=2), AuditEntry.objects.get(pk=3)
    for entry, content in ((one, other), (other, one)):
        bend(
            'UPDATE governance_auditentry SET leaf = %s, leaf_hash = %s WHERE "index" = %s',
            content.leaf,
            content.leaf_hash,
            entry.pk,
        )
    _rebuild_edge(bend)


def _forge_checkpoint(bend: Bend) -> None:
    """Signed with the node's own key, over another root."""
    note = sign_note(
        Checkpoint(audit.record_key().name, SIZE, b"x" * 32).text(),
        name=audit.record_key().name,
        seed=audit.signing_seed(),
    )
    bend("UPDATE governance_auditcheckpoint SET note = %s, root = %s WHERE size = %s", note, (b"x" * 32).hex(), SIZE)


def _forge_checkpoint_and_file(bend: Bend) -> None:
    _forge_checkpoint(bend)
    _forget_file(bend, 1)
    with checkpoint_file.opened() as file:
        row = AuditCheckpoint.objects.get(size=SIZE)
        file.append(row.note, made_at=row.made_at)


def _checkpoint_with_another_key(bend: Bend) -> None:
    row = AuditCheckpoint.objects.get(size=SIZE)
    note = sign_note(row.note.split("\n\n")[0] + "\n", name=audit.record_key().name, seed=b"k" * 32)
    bend("UPDATE governance_auditcheckpoint SET note = %s WHERE size = %s", note, SIZE)


def _invent_entry(bend: Bend) -> None:
    leaf = leaf_of(
        index=SIZE, kind="test.decided", at=MOMENT, actor=None, subject="x", facts={}, private=None, nonce=b"n" * 16
    )
    AuditEntry.objects.create(
        index=SIZE, kind="test.decided", happened_at=MOMENT, leaf=leaf.decode(), leaf_hash=leaf_hash(leaf).hex()
    )


def _invent_row_change(bend: Bend) -> None:
    change = RowChange.objects.first()
    assert change is not None
    change.pk = None
    change.save(force_insert=True)


# name: (what is done, words of the finding)
ATTACKS: dict[str, tuple[Callable[[Bend], object], str]] = {
    "an entry's kind in its column": (
        lambda bend: bend('UPDATE governance_auditentry SET kind = %s WHERE "index" = 3', "test.noted"),
        "entry 3 stands in another place, kind or time",
    ),
    "an entry's time in its column": (
        lambda bend: bend('UPDATE governance_auditentry SET happened_at = %s WHERE "index" = 3', MOMENT),
        "entry 3 stands in another place, kind or time",
    ),
    "an entry put down to somebody else": (
        lambda bend: bend(
            "UPDATE governance_auditentry SET actor_id = "
            '(SELECT id FROM governance_member WHERE username = %s) WHERE "index" = 3',
            "ana",
        ),
        "entry 3 is put down to another person",
    ),
    "an entry whose actor was hidden": (
        lambda bend: bend('UPDATE governance_auditentry SET actor_id = NULL WHERE "index" = %s', 3),
        "entry 3 no longer names the member",
    ),
    "two members' pseudonyms swapped": (
        lambda bend: bend(
            "UPDATE governance_auditpseudonym SET name = name || %s WHERE member_id = "
            "(SELECT id FROM governance_member WHERE username = 'ana')",
            "0",
        ),
        "the pseudonym of member",
    ),
    "an entry rewritten, with hash and edge": (_rewrite_entry, "or one before it was replaced"),
    "an entry rewritten, and the database's checkpoints forgotten": (
        _all(_rewrite_entry, _forget_checkpoints),
        "or one before it was replaced",
    ),
    "an entry rewritten, and the file forgotten": (
        _all(_rewrite_entry, _forget_file),
        "is missing in",
    ),
    "an entry in the middle deleted": (
        lambda bend: bend('DELETE FROM governance_auditentry WHERE "index" = %s', 5),
        "entry 5 is missing",
    ),
    "the newest entry deleted": (_delete_newest, "shorter than the checkpoint of 2026-05-03T13:00"),
    "the newest entry deleted, and the edge mended": (
        _all(_delete_newest, _rebuild_edge),
        "shorter than the checkpoint of 2026-05-03T13:00",
    ),
    "the newest entry deleted, edge mended, database's checkpoint forgotten": (
        _all(_delete_newest, _rebuild_edge, partial(_forget_checkpoints, size=5)),
        "shorter than the checkpoint of 2026-05-03T13:00",
    ),
    "the newest entry deleted, and the file cut": (
        _all(_delete_newest, _rebuild_edge, partial(_forget_file, lines=1)),
        "is missing in",
    ),
    "two entries swapped": (lambda bend: _swap(bend, 3, 4), "entry 3 stands in another place"),
    "two entries' contents swapped": (_swap_without_keys, "entry 2 stands in another place"),
    "an entry invented": (_invent_entry, "the edge of the tree does not fit"),
    "the edge changed": (
        lambda bend: bend("UPDATE governance_auditfrontier SET peaks = %s", "00" * 32 + " " + "11" * 32),
        "the edge of the tree",
    ),
    "the edge that cannot be read": (
        lambda bend: bend("UPDATE governance_auditfrontier SET peaks = %s", "no"),
        "the edge of the tree was changed",
    ),
    "the edge deleted": (
        lambda bend: bend("DELETE FROM governance_auditfrontier WHERE id = %s", 1),
        "the edge of the tree does not fit",
    ),
    "the edge ahead": (
        lambda bend: bend("UPDATE governance_auditfrontier SET size = %s, peaks = %s", 16, "00" * 32),
        "the newest entries are missing: there were 16",
    ),
    "a private part deleted": (
        lambda bend: bend("DELETE FROM governance_auditprivate WHERE entry_id = %s", 3),
        "the private part of entry 3 is missing",
    ),
    "a private part for an entry without one": (
        lambda bend: bend(
            "INSERT INTO governance_auditprivate (entry_id, salt, payload) VALUES (%s, %s, %s)", 0, "00" * 32, "{}"
        ),
        "the private part of entry 0 was changed",
    ),
    "a checkpoint over another root, signed with our key": (_forge_checkpoint, "is missing in"),
    "the same, in the file too": (_forge_checkpoint_and_file, "or one before it was replaced"),
    "a checkpoint signed with another key": (_checkpoint_with_another_key, "does not hold"),
    "a checkpoint's size in its column": (
        lambda bend: bend("UPDATE governance_auditcheckpoint SET size = 6 WHERE size = %s", 5),
        "says something else than its signed note",
    ),
    "the file of checkpoints deleted": (lambda bend: checkpoint_file.path().unlink(), "is missing in"),
    "the file's lines in another order": (
        lambda bend: checkpoint_file.path().write_bytes(
            b"".join(reversed(checkpoint_file.path().read_bytes().splitlines(keepends=True)))
        ),
        "out of order",
    ),
    "the time of a checkpoint": (
        lambda bend: bend("UPDATE governance_auditcheckpoint SET made_at = %s WHERE size = 9", MOMENT),
        "was made at another time",
    ),
    "a line of the file that is no line": (
        lambda bend: checkpoint_file.path().write_bytes(checkpoint_file.path().read_bytes() + b"{}\n"),
        "is damaged: line 3",
    ),
    "a row change bent": (
        lambda bend: bend(
            "UPDATE governance_rowchange SET object_repr = %s WHERE object_repr LIKE 'governance.role%%'", "x"
        ),
        "row change .* was changed",
    ),
    "a row change put down to somebody else": (
        lambda bend: bend(
            "UPDATE governance_rowchange SET actor_id = (SELECT min(id) FROM governance_member) WHERE id > %s", 0
        ),
        "row change .* was changed",
    ),
    "a row change deleted": (
        lambda bend: bend("DELETE FROM governance_rowchange WHERE object_repr LIKE %s", "governance.role%"),
        "which is missing",
    ),
    "a row change invented": (_invent_row_change, "no entry is about"),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_found(attack: str, record: list[AuditEntry], bend: Bend) -> None:
    act, words = ATTACKS[attack]
    act(bend)
    result = verify()
    assert not result.holds
    assert re.search(words, result.fault), result.fault
    finding = check_record()
    assert finding.health is Health.FAILURE
    assert result.fault in finding.sentence


# table, column, condition for the row whose text is bent
TEXTS = [
    ("governance_auditentry", "leaf", '"index" = 3'),
    ("governance_auditentry", "leaf_hash", '"index" = 3'),
    ("governance_auditprivate", "salt", "entry_id = 3"),
    ("governance_auditprivate", "payload", "entry_id = 3"),
    ("governance_auditcheckpoint", "note", "size = 5"),
    ("governance_auditcheckpoint", "root", "size = 5"),
    ("governance_auditfrontier", "peaks", "id = 1"),
    ("governance_auditpseudonym", "salt", "member_id = (SELECT min(member_id) FROM governance_auditpseudonym)"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("table", "column", "where"), TEXTS)
def test_any_one_changed_character_is_found(table: str, column: str, where: str, record: list[AuditEntry]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE {where}")  # noqa: S608
        text = cursor.fetchone()[0]
    assert len(text) > 5
    with triggers_lifted(), connection.cursor() as cursor:
        for place in range(len(text)):
            changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {where}", [changed])  # noqa: S608
            assert not verify().holds, f"character {place} of {column} was changed and not found"
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {where}", [text])  # noqa: S608
    assert verify().holds


@pytest.mark.django_db
@hypothesis_settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_one_flipped_bit_of_the_file_is_found(data: st.DataObject, write: Write) -> None:
    if not AuditEntry.objects.exists():
        for number in range(2):
            write(number)
            audit.checkpoint(now=MOMENT)
    path = checkpoint_file.path()
    whole = path.read_bytes()
    bent = bytearray(whole)
    bent[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(bent)
    try:
        assert not verify().holds
    finally:
        path.write_bytes(whole)


@pytest.mark.skipif(bool(settings.DATABASE_URL), reason="about the SQLCipher file")
@pytest.mark.django_db(transaction=True)
def test_an_older_database_file_is_found(write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        write(number)
    audit.checkpoint(now=MOMENT)
    assert wipe_deleted_text()
    older = tmp_path / "older"
    older.write_bytes(content_of(Path(connection.settings_dict["NAME"])))
    for number in range(3, 5):
        write(number)
    audit.checkpoint(now=MOMENT + timedelta(days=1))
    assert verify().holds
    with connected_to(older):
        assert AuditEntry.objects.count() == 3
        with pytest.raises(SystemExit) as stopped:
            call_command("verify_audit")
        assert stopped.value.code == 1
        said = capsys.readouterr().err
        assert "the record is shorter than the checkpoint of 2026-05-04T12:00:00.000000Z, which knew 5 entries" in said
        with pytest.raises(audit.RecordShorter):
            audit.checkpoint(now=MOMENT + timedelta(days=2))


@pytest.mark.django_db
def test_removed_triggers_are_named(record: list[AuditEntry]) -> None:
    assert missing_guards() == []
    on_table = "" if connection.vendor == "sqlite" else " ON governance_auditentry"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER governance_auditentry_no_delete{on_table}")
    assert missing_guards() == ["governance_auditentry_no_delete"]
    finding = check_record()
    assert finding.health is Health.FAILURE
    assert "governance_auditentry_no_delete" in finding.sentence


@pytest.mark.django_db
def test_a_whole_record_is_well_and_the_doctor_counts_it(record: list[AuditEntry]) -> None:
    finding = check_record()
    assert (finding.health, finding.sentence) == (
        Health.OK,
        f"All {SIZE} entries of the record hold, and {SIZE} of them are signed.",
    )


@pytest.mark.django_db
def test_the_doctor_notices_that_nobody_signs(record: list[AuditEntry], write: Write) -> None:
    write(9)
    finding = check_record()
    assert finding.health is Health.WARNING
    assert f"only {SIZE} of them are signed" in finding.sentence
