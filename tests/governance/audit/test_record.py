"""Writing to the record: inside the acting transaction, without gaps, nothing personal in the leaf, erasable."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django_q.models import OrmQ

from governance.audit.canonical import NotCanonical, parse_canonical
from governance.audit.kinds import UnknownKind, register_entry_kind
from governance.audit.merkle import leaf_hash, root_of
from governance.models import (
    AuditCheckpoint,
    AuditEntry,
    AuditFrontier,
    AuditPrivate,
    AuditPseudonym,
    Member,
    RowChange,
)
from governance.services import audit
from governance.services.audit_verification import verify
from tests.governance.audit.conftest import MOMENT

Write = Callable[..., AuditEntry]


@pytest.mark.django_db
def test_entries_are_numbered_from_nought_and_the_tree_grows(write: Write) -> None:
    entries = [write(number) for number in range(9)]
    assert [entry.index for entry in entries] == list(range(9))
    for entry in entries:
        assert parse_canonical(entry.leaf.encode())["index"] == entry.index
        assert leaf_hash(entry.leaf.encode()).hex() == entry.leaf_hash
    frontier = AuditFrontier.objects.get().frontier
    assert (frontier.size, frontier.root()) == (9, root_of([leaf_hash(entry.leaf.encode()) for entry in entries]))


@pytest.mark.django_db(transaction=True)
def test_an_entry_belongs_to_a_transaction(write: Write) -> None:
    with pytest.raises(audit.OutsideTransaction):
        audit.record(kind="test.decided", actor=None, subject="x", facts={}, now=MOMENT)
    with pytest.raises(audit.OutsideTransaction):
        audit.erase_private(indexes=[0], actor=None, now=MOMENT)
    write()
    with transaction.atomic():
        audit.record(kind="test.decided", actor=None, subject="x", facts={}, now=MOMENT)
        transaction.set_rollback(True)
    assert AuditEntry.objects.count() == 1
    assert write(1).index == 1
    assert verify().count == 2


@pytest.mark.django_db
def test_what_cannot_be_recorded_stops_the_act(write: Write) -> None:
    with pytest.raises(UnknownKind):
        write(kind="test.unheard_of")
    for facts in ({"share": 0.5}, {"when": MOMENT}, {"big": 2**60}):
        with pytest.raises(NotCanonical):
            write(facts=facts)
    with pytest.raises(NotCanonical):
        write(private={"title": "\ud800"})
    assert not AuditEntry.objects.exists()
    with pytest.raises(ValueError, match="already"):
        register_entry_kind("test.decided", "again")


@pytest.mark.django_db
def test_the_leaf_names_nobody(write: Write, make_member: Callable[..., Member]) -> None:
    ana = make_member("ana-of-the-hill", display_name="Ana Quispe", email="ana@example.org")
    entry = write(
        actor=ana, kind="test.noted", facts={"person": audit.pseudonym(ana)}, private={"note": "Ana’s own words"}
    )
    for word in ("ana", "Quispe", "example", "words"):
        assert word not in entry.leaf
    assert entry.said["actor"] == entry.said["facts"]["person"] == audit.pseudonym(ana)
    assert AuditPrivate.objects.get(entry=entry).said == {"note": "Ana’s own words"}
    again = write(actor=ana)
    assert again.said["actor"] == entry.said["actor"]
    assert again.said["nonce"] != entry.said["nonce"]


@pytest.mark.django_db
def test_a_member_goes_and_the_tree_stays(write: Write, make_member: Callable[..., Member]) -> None:
    ana, ben = make_member("ana"), make_member("ben")
    entry = write(actor=ana)
    write(1, actor=ben)
    before = AuditEntry.objects.get(pk=entry.pk)
    audit.checkpoint(now=MOMENT)
    ana.delete()
    after = AuditEntry.objects.get(pk=entry.pk)
    assert after.actor is None
    assert (after.leaf, after.leaf_hash) == (before.leaf, before.leaf_hash)
    assert AuditPseudonym.objects.get().member == ben
    assert verify().holds, verify().fault


@pytest.mark.django_db
def test_a_private_part_is_erased_with_an_entry_about_it(write: Write, make_member: Callable[..., Member]) -> None:
    entries = [write(number) for number in range(4)]
    with transaction.atomic():
        assert audit.erase_private(indexes=[1, 2, 99], actor=make_member("ana"), now=MOMENT) == 2
    assert sorted(AuditPrivate.objects.values_list("entry", flat=True)) == [0, 3]
    erasure = AuditEntry.objects.get(kind=audit.ERASED)
    assert erasure.said["facts"] == {"entries": [1, 2], "count": 2}
    audit.checkpoint(now=MOMENT)
    result = verify()
    assert result.holds, result.fault
    assert result.erased == 2
    with transaction.atomic():
        assert audit.erase_private(indexes=[1, 2], actor=None, now=MOMENT) == 0
    assert AuditEntry.objects.filter(kind=audit.ERASED).count() == 1
    assert entries[1].leaf == AuditEntry.objects.get(pk=1).leaf


@pytest.mark.django_db(transaction=True)
def test_a_transaction_asks_once_for_a_checkpoint_however_much_it_wrote(write: Write) -> None:
    with transaction.atomic():
        for number in range(5):
            write(number)
        assert not OrmQ.objects.exists()
    assert OrmQ.objects.count() == 1
    write(5)
    assert OrmQ.objects.count() == 2


ATTEMPTS: dict[str, Callable[[], object]] = {
    "an entry's text, through its row": lambda: _changed(AuditEntry.objects.get(pk=0), leaf="{}").save(),
    "an entry's text": lambda: AuditEntry.objects.update(leaf="{}"),
    "an entry's kind, in bulk": lambda: AuditEntry.objects.bulk_update(
        [_changed(entry, kind="x") for entry in AuditEntry.objects.all()], ["kind"]
    ),
    "an entry's actor": lambda: AuditEntry.objects.update(actor=Member.objects.get()),
    "an entry deleted": lambda: AuditEntry.objects.last().delete(),  # type: ignore[union-attr]
    "all entries deleted, in SQL": lambda: _sql("DELETE FROM governance_auditentry"),
    "an entry changed, in SQL": lambda: _sql("UPDATE governance_auditentry SET leaf_hash = ''"),
    "an entry written over": lambda: AuditEntry.objects.bulk_create(
        [_changed(AuditEntry.objects.get(pk=0), leaf="{}")],
        update_conflicts=True,
        unique_fields=["index"],
        update_fields=["leaf"],
    ),
    "a checkpoint changed": lambda: AuditCheckpoint.objects.update(root="0" * 64),
    "a checkpoint deleted": lambda: AuditCheckpoint.objects.all().delete(),
    "a private part changed": lambda: AuditPrivate.objects.update(payload="{}"),
    "a pseudonym changed": lambda: AuditPseudonym.objects.update(name="member:0"),
    "the edge moved back": lambda: AuditFrontier.objects.update(size=0, peaks=""),
    "the edge moved two on": lambda: AuditFrontier.objects.update(size=9),
    "the edge deleted": lambda: AuditFrontier.objects.all().delete(),
    "a row change changed": lambda: RowChange.objects.update(changes={}),
    "a row change deleted": lambda: RowChange.objects.all().delete(),
}


def _changed(row: AuditEntry, **values: object) -> AuditEntry:
    for name, value in values.items():
        setattr(row, name, value)
    return row


def _sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_nothing_written_can_be_changed_through_django(
    attempt: str, write: Write, make_member: Callable[..., Member]
) -> None:
    member = make_member("ana")
    for number in range(3):
        write(number, actor=None)
    audit.pseudonym(member)
    audit.checkpoint(now=MOMENT)
    before = _everything()
    with pytest.raises(IntegrityError), transaction.atomic():
        ATTEMPTS[attempt]()
    assert _everything() == before
    assert verify().holds


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["auditentry", "auditcheckpoint", "auditprivate"])
def test_no_row_is_replaced_in_sql(table: str, write: Write) -> None:
    write()
    audit.checkpoint(now=MOMENT)
    before = _everything()
    if connection.vendor == "sqlite":
        statement = f"INSERT OR REPLACE INTO governance_{table} SELECT * FROM governance_{table}"  # noqa: S608
    else:
        _sql("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may be pending before a TRUNCATE
        # Private parts may be erased, so only their entries hold them back.
        statement = "TRUNCATE governance_auditentry CASCADE"
    with pytest.raises(IntegrityError), transaction.atomic():
        _sql(statement)
    assert _everything() == before


def _everything() -> str:
    models = (AuditEntry, AuditPrivate, AuditCheckpoint, AuditFrontier, AuditPseudonym, RowChange)
    return json.dumps([list(model.objects.order_by("pk").values()) for model in models], default=str)
