"""Signing the record: one root for each size, in the file before the database, and never against an older signature."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction

from community_ai.core.jobs import regular_jobs
from governance.audit.checkpoint import Checkpoint, open_note
from governance.audit_jobs import make_checkpoint
from governance.models import AuditCheckpoint, AuditEntry, AuditFrontier
from governance.services import audit, checkpoint_file
from governance.services.audit_verification import verify
from tests.governance.audit.conftest import MOMENT

Write = Callable[..., AuditEntry]


@pytest.mark.django_db
def test_an_empty_record_is_not_signed() -> None:
    assert audit.checkpoint(now=MOMENT) is None
    assert not checkpoint_file.path().exists()
    assert verify().holds


@pytest.mark.django_db
def test_a_checkpoint_says_how_much_there_is_and_is_made_once(write: Write) -> None:
    for number in range(3):
        write(number)
    made = audit.checkpoint(now=MOMENT)
    assert made is not None
    text, signers = open_note(made.note, keys=[audit.record_key()])
    assert signers == [audit.record_key().name]
    assert Checkpoint.parse(text) == Checkpoint(audit.record_key().name, 3, bytes.fromhex(made.root))
    for hours in (1, 2):
        assert audit.checkpoint(now=MOMENT + timedelta(hours=hours)) == made
    assert AuditCheckpoint.objects.count() == len(checkpoint_file.read()) == 1
    write(3)
    assert make_checkpoint() == 4
    assert [kept.note for kept in checkpoint_file.read()] == list(
        AuditCheckpoint.objects.order_by("size").values_list("note", flat=True)
    )


@pytest.mark.django_db
def test_the_file_is_for_its_owner_only(write: Write) -> None:
    write()
    audit.checkpoint(now=MOMENT)
    assert stat.S_IMODE(checkpoint_file.path().stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.HOME.audit.stat().st_mode) == 0o700


@pytest.mark.django_db
def test_a_crash_between_file_and_database_leaves_one_signature(write: Write, bend: Callable[..., None]) -> None:
    write()
    audit.checkpoint(now=MOMENT)
    bend("DELETE FROM governance_auditcheckpoint WHERE size = %s", 1)  # as if the commit had never come
    assert verify().holds, verify().fault
    made = audit.checkpoint(now=MOMENT + timedelta(hours=1))
    assert made is not None
    assert made.made_at == MOMENT
    assert [kept.note for kept in checkpoint_file.read()] == [made.note]


@pytest.mark.django_db(transaction=True)
def test_nothing_uncommitted_is_signed(write: Write) -> None:
    write()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        audit.checkpoint(now=MOMENT)
    assert not checkpoint_file.path().exists()


@pytest.mark.django_db
def test_a_line_that_the_power_cut_in_two_does_not_count(write: Write) -> None:
    write()
    audit.checkpoint(now=MOMENT)
    whole = checkpoint_file.path().read_bytes()
    with checkpoint_file.path().open("ab") as file:
        file.write(b'{"made_at":"2026-')
    assert verify().holds
    write(1)
    audit.checkpoint(now=MOMENT)
    assert checkpoint_file.path().read_bytes().startswith(whole)
    assert len(checkpoint_file.read()) == 2
    assert verify().holds


@pytest.mark.django_db
@pytest.mark.parametrize("lost", ["deleted", "emptied", "shortened"])
def test_nothing_is_signed_when_the_file_lost_something(lost: str, write: Write) -> None:
    for number in range(2):
        write(number)
        audit.checkpoint(now=MOMENT)
    path = checkpoint_file.path()
    if lost == "deleted":
        path.unlink()
    else:
        path.write_bytes(b"" if lost == "emptied" else path.read_bytes().splitlines(keepends=True)[0])
    for _ in range(2):
        with pytest.raises(audit.CheckpointsLost):
            audit.checkpoint(now=MOMENT)
        write(2)
    assert not verify().holds


@pytest.mark.django_db
def test_nothing_is_signed_over_a_record_that_was_rewritten(write: Write, bend: Callable[..., None]) -> None:
    for number in range(3):
        write(number)
    audit.checkpoint(now=MOMENT)
    bend('UPDATE governance_auditentry SET leaf_hash = %s WHERE "index" = 1', "0" * 64)
    write(3)
    with pytest.raises(audit.RecordForked):
        audit.checkpoint(now=MOMENT)
    assert AuditCheckpoint.objects.count() == 1


@pytest.mark.django_db
def test_a_shorter_record_is_not_signed(write: Write, bend: Callable[..., None]) -> None:
    write()
    first = _edge()
    write(1)
    audit.checkpoint(now=MOMENT)
    bend("DELETE FROM governance_auditcheckpoint")
    bend("DELETE FROM governance_auditprivate WHERE entry_id = 1")
    bend('DELETE FROM governance_auditentry WHERE "index" = 1')
    bend("UPDATE governance_auditfrontier SET size = %s, peaks = %s", *first)
    with pytest.raises(audit.RecordShorter, match="shorter than the checkpoint of 2026-05-03"):
        audit.checkpoint(now=MOMENT)
    # Growing again does not help: the other entry has another hash.
    write(7)
    with pytest.raises(audit.RecordForked):
        audit.checkpoint(now=MOMENT)
    write(8)
    with pytest.raises(audit.RecordForked):
        audit.checkpoint(now=MOMENT)


def _edge() -> tuple[int, str]:
    edge = AuditFrontier.objects.get()
    return edge.size, edge.peaks


def test_the_record_is_signed_every_hour() -> None:
    job = next(job for job in regular_jobs() if job.path == "governance.audit_jobs.make_checkpoint")
    assert job.every == "H"
