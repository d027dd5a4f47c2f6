"""Imports for tests: brought, read and planned without a job cluster."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from consent.access import own_row
from governance.models import Member
from knowledge.models import EntryKind, ImportBatch
from knowledge.services import import_files, import_work, imports
from tests.knowledge.conftest import JUNE

WORDS = "word,meaning,example,translation,theme\n"


def csv_of(count: int, *, begin: int = 0) -> bytes:
    """A list of invented words, each with an example."""
    rows = (f"word{n},The meaning of word {n},Say word{n}.,It says {n}.,Things\n" for n in range(begin, begin + count))
    return (WORDS + "".join(rows)).encode()


def bring(member: Member, data: bytes, name: str = "words.csv", *, now: datetime = JUNE) -> ImportBatch:
    """A batch that was read, or refused."""
    batch = imports.bring(member=member, data=data, name=name, now=now)
    run(batch, now=now)
    return fresh(batch)


def planned(member: Member, data: bytes, name: str = "words.csv", **changes: Any) -> ImportBatch:
    """A batch that was read and planned as words in the language x-velari, or as `changes` say."""
    batch = bring(member, data, name)
    wanted = {"kind": EntryKind.TERM, "language": "x-velari", **changes}
    if (source := wanted.pop("source", None)) is not None:
        document = import_files.document_of(batch)
        plan = imports.guessed(batch, document, language="en", source=source)
    else:
        plan = imports.plan_of(batch)
    return imports.change_plan(member=member, batch_id=batch.pk, plan=replace(plan, **wanted), now=JUNE)


def run(batch: ImportBatch, *, now: datetime = JUNE, seconds: float = 60) -> None:
    """Carry the batch on until there is nothing more to do."""
    while import_work.carry_on(batch_id=batch.pk, now=now, seconds=seconds):
        pass


def imported(member: Member, data: bytes, name: str = "words.csv", **changes: Any) -> ImportBatch:
    batch = planned(member, data, name, **changes)
    imports.begin(member=member, batch_id=batch.pk, now=JUNE)
    run(batch)
    return fresh(batch)


def fresh(batch: ImportBatch) -> ImportBatch:
    return own_row(ImportBatch, member=batch.member, pk=batch.pk)
