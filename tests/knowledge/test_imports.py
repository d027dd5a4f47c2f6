"""An import comes in as a whole or not at all, goes on after a kill, and adds nothing twice."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from consent.access import NotFound, own
from consent.models import PersonalKey
from consent.services.personal_keys import forget_remembered_keys
from governance.models import Appointment, AuditEntry, Member
from knowledge import access, hooks
from knowledge.content import Content
from knowledge.importing.plan import InvalidPlan
from knowledge.models import (
    Entry,
    EntryKind,
    EntryState,
    EntryVersion,
    ImportBatch,
    ImportedEntry,
    ImportState,
    Passage,
    Tag,
)
from knowledge.reading.columns import Column
from knowledge.reading.refusals import Unreadable
from knowledge.services import entries, import_files, import_work, imports
from knowledge.services.entry_labels import NoSuchLabel
from knowledge.services.import_refusals import MayNotImport, NothingNew, NotNow, TooManyEntries, TooManyOpen
from knowledge.services.import_sifting import PORTION, Verdict
from tests.knowledge.conftest import JUNE, add
from tests.knowledge.importing import bring, csv_of, fresh, imported, planned, run
from tests.knowledge.reading.samples import docx, docx_paragraph, pdf, xlsx


@pytest.fixture(autouse=True)
def _no_files_left_from_before(db: None) -> None:
    shutil.rmtree(settings.HOME.imports, ignore_errors=True)
    settings.HOME.create()


def files() -> list[Path]:
    return list(settings.HOME.imports.iterdir())


def seen(member: Member) -> list[str]:
    return sorted(access.visible(Entry, member=member, now=JUNE).values_list("title", flat=True))


def test_words_come_in_with_everything_their_row_says(teacher: Member, reader: Member) -> None:
    data = (
        "Word,Meaning,Pronunciation,Example,Translation,Theme,Language\n"
        'velu,"water, or rain",ˈvelu,"Velu tami.\nVelu!","Water comes.\nWater!","Nature; Food",\n'
        "tami,to come,,,,,qu\n"
    )
    batch = imported(teacher, data.encode(), labels=("community",), tags=("First list",))
    assert (batch.state, batch.added, batch.done, batch.total) == (ImportState.DONE, 2, 2, 2)
    velu = access.visible(Entry, member=reader, now=JUNE).get(title="velu")
    assert (velu.kind, velu.language, velu.author) == (EntryKind.TERM, "x-velari", teacher)
    assert velu.present.body == "water, or rain"
    assert velu.present.pronunciation == "ˈvelu"
    assert velu.present.source == "words"
    assert velu.present.examples == [
        {"text": "Velu tami.", "translation": "Water comes."},
        {"text": "Velu!", "translation": "Water!"},
    ]
    assert sorted(velu.tags.values_list("name", flat=True)) == ["First list", "Food", "Nature"]
    assert [version.label.key for version in access.labels_on([velu.pk])[velu.pk] if version] == ["community"]
    assert access.visible(Entry, member=reader, now=JUNE).get(title="tami").language == "qu"
    assert access.visible(Passage, member=reader, now=JUNE).count() == 2


def test_a_workbook_a_document_and_a_pdf(teacher: Member, reader: Member) -> None:
    rows = [["Pregunta", "Respuesta"], ["¿Qué es velu?", "Agua."]]
    imported(teacher, xlsx({"One": [["x"]], "Two": rows}), "q.xlsx", source="table-1", kind=EntryKind.QUESTION)
    text = docx(
        docx_paragraph("Intro") + docx_paragraph("Harvest", style="h1") + docx_paragraph("In May."), title="Book"
    )
    imported(teacher, text, "book.docx", kind=EntryKind.STORY, at_headings=True)
    imported(teacher, pdf(["One page.", "Another page."], title="Report"), "report.pdf", kind=EntryKind.DOCUMENT)
    assert seen(reader) == ["Book", "Harvest", "Report", "¿Qué es velu?"]
    report = access.visible(Entry, member=reader, now=JUNE).get(title="Report")
    assert report.present.body == "One page.\n\nAnother page."
    assert report.present.source == "Report, pp. 1–2"


def test_nothing_is_seen_before_all_of_it_is_there(teacher: Member, reader: Member) -> None:
    told: list[int] = []
    hooks.on_passages_changed(lambda *, added, removed: told.append(len(added)))
    batch = planned(teacher, csv_of(PORTION * 2 + 50))
    imports.begin(member=teacher, batch_id=batch.pk, now=JUNE)
    for done in (PORTION, PORTION * 2, PORTION * 2 + 50):
        assert import_work.carry_on(batch_id=batch.pk, now=JUNE, seconds=0)
        assert fresh(batch).done == done
        assert seen(reader) == seen(teacher) == []
        assert not Passage.objects.exists()
    assert told == []
    assert not import_work.carry_on(batch_id=batch.pk, now=JUNE, seconds=0)
    assert len(seen(reader)) == PORTION * 2 + 50
    assert told == [PORTION * 2 + 50]
    hooks._passages_changed.pop()
    kinds = list(AuditEntry.objects.filter(kind="entries.added"))
    assert len(kinds) == 1


def test_the_largest_import_fits_into_the_record(teacher: Member, reader: Member) -> None:
    batch = imported(teacher, csv_of(2_500))
    assert len(seen(reader)) == 2_500
    imports.take_back(member=teacher, batch_id=batch.pk, now=JUNE)
    run(batch)
    facts = [json.loads(entry.leaf)["facts"] for entry in AuditEntry.objects.filter(kind__startswith="entries.")]
    assert facts[0]["count"] == sum(fact["count"] for fact in facts[1:]) == 2_500


def test_a_job_that_was_killed_goes_on_where_it_stopped(teacher: Member, reader: Member) -> None:
    batch = planned(teacher, csv_of(PORTION * 3))
    imports.begin(member=teacher, batch_id=batch.pk, now=JUNE)

    class Killed(BaseException):
        pass

    def die(row: ImportBatch) -> None:
        if row.done == PORTION * 2:
            raise Killed

    with pytest.raises(Killed):
        import_work.carry_on(batch_id=batch.pk, now=JUNE, seconds=60, progress=die)
    assert Entry.objects.count() == PORTION * 2
    assert batch.pk in import_work.standing_still(now=JUNE + timedelta(minutes=3))
    run(batch)
    row = fresh(batch)
    assert (row.state, row.added, row.done, row.known) == (ImportState.DONE, PORTION * 3, PORTION * 3, 0)
    assert len(seen(reader)) == PORTION * 3
    # Once more changes nothing: the queue delivers at least once.
    run(batch)
    assert fresh(batch).added == Entry.objects.count() == PORTION * 3


def test_a_death_inside_a_portion_leaves_nothing_of_it(teacher: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = planned(teacher, csv_of(30))
    imports.begin(member=teacher, batch_id=batch.pk, now=JUNE)

    def power_cut(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(ImportBatch, "save", power_cut)
        with pytest.raises(RuntimeError):
            import_work.carry_on(batch_id=batch.pk, now=JUNE, seconds=60)
    assert not Entry.objects.exists()
    run(batch)
    assert fresh(batch).added == 30


def test_the_same_file_again_adds_nothing(teacher: Member, person: Callable[..., Member]) -> None:
    imported(teacher, csv_of(40))
    again = planned(teacher, csv_of(40))
    look = imports.look(member=teacher, batch=again, now=JUNE)
    assert (look.survey.new, look.survey.counts[Verdict.KNOWN]) == (0, 40)
    with pytest.raises(NothingNew):
        imports.begin(member=teacher, batch_id=again.pk, now=JUNE)
    grown = imported(person("other", "teacher"), csv_of(50))
    assert (grown.added, grown.known) == (10, 40)


def test_what_is_there_already_twice_or_not_whole_is_told_before_and_left_out(teacher: Member) -> None:
    add(teacher, "velu", "water", kind=EntryKind.TERM, language="x-velari")
    add(teacher, "tami", "to come", kind=EntryKind.TERM, language="x-velari")
    data = b"word,meaning\nVelu,rain\ntami,to come\nkora,bird\nkora,bird\nkora,a song\n,nothing\nlonely,\n" + (
        b"x" * 600 + b",too long\n"
    )
    batch = planned(teacher, data)
    survey = imports.look(member=teacher, batch=batch, now=JUNE).survey
    assert survey.counts == {Verdict.NEW: 2, Verdict.KNOWN: 2, Verdict.ALIKE: 1, Verdict.FAULTY: 3}
    assert [fault.number for fault in survey.faults] == [7, 8, 9]
    assert [item.content.title for item in survey.first] == ["kora", "kora"]
    imports.begin(member=teacher, batch_id=batch.pk, now=JUNE)
    run(batch)
    row = fresh(batch)
    assert (row.added, row.known, row.alike, row.faulty) == (2, 2, 1, 3)
    beside = imported(teacher, data, add_alike=True)
    assert (beside.added, beside.known) == (1, 4)


def test_what_the_importer_may_not_see_is_not_counted(teacher: Member, person: Callable[..., Member]) -> None:
    elder = person("elder", "elder", "teacher")
    hidden = add(elder, "velu", "secret", kind=EntryKind.TERM, language="x-velari", labels=["seasonal"])
    assert hidden.title not in seen(teacher)
    survey = imports.look(member=teacher, batch=planned(teacher, b"word,meaning\nvelu,water\n"), now=JUNE).survey
    assert (survey.new, survey.counts[Verdict.ALIKE]) == (1, 0)


def test_cancelling_leaves_nothing(teacher: Member, reader: Member) -> None:
    batch = planned(teacher, csv_of(PORTION + 10))
    imports.begin(member=teacher, batch_id=batch.pk, now=JUNE)
    import_work.carry_on(batch_id=batch.pk, now=JUNE, seconds=0)
    assert Entry.objects.count() == PORTION
    imports.cancel(member=teacher, batch_id=batch.pk, now=JUNE)
    assert batch.pk in import_work.standing_still(now=JUNE)
    run(batch)
    assert fresh(batch).state == ImportState.CANCELLED
    for model in (Entry, EntryVersion, ImportedEntry, Tag, Passage):
        assert not model.objects.exists()
    assert import_work.standing_still(now=JUNE) == []
    with pytest.raises(NotNow):
        imports.cancel(member=teacher, batch_id=batch.pk, now=JUNE)
    with pytest.raises(NotNow):
        imports.begin(member=teacher, batch_id=batch.pk, now=JUNE)


def test_whoever_loses_the_right_meanwhile_imports_nothing(teacher: Member) -> None:
    batch = planned(teacher, csv_of(PORTION + 10))
    imports.begin(member=teacher, batch_id=batch.pk, now=JUNE)
    import_work.carry_on(batch_id=batch.pk, now=JUNE, seconds=0)
    Appointment.objects.filter(member=teacher).update(ended_at=JUNE)
    run(batch)
    row = fresh(batch)
    assert (row.state, row.refusal) == (ImportState.REFUSED, "not_allowed")
    assert not Entry.objects.exists()


def test_a_label_that_ended_meanwhile_refuses_the_whole(teacher: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = planned(teacher, csv_of(20), labels=("community",))
    imports.begin(member=teacher, batch_id=batch.pk, now=JUNE)
    monkeypatch.setattr("knowledge.services.entry_labels.usable_labels", dict)
    run(batch)
    assert fresh(batch).refusal == "labels"
    assert not Entry.objects.exists()


def test_an_import_can_be_taken_back_but_not_what_others_worked_on(
    teacher: Member, reader: Member, person: Callable[..., Member]
) -> None:
    other = person("other", "teacher")
    own_word = add(teacher, "mine", "before")
    batch = imported(teacher, csv_of(PORTION + 5), labels=("community",))
    mended = Entry.objects.get(title="word3")
    entries.revise(entry_id=mended.pk, by=other, base=1, content=Content("word3", "Better."), now=JUNE)
    entries.retire(entry_id=Entry.objects.get(title="word4").pk, by=other, now=JUNE)
    imports.take_back(member=teacher, batch_id=batch.pk, now=JUNE)
    run(batch)
    assert fresh(batch).state == ImportState.UNDONE
    assert seen(reader) == ["mine", "word3"]
    assert Entry.objects.count() == EntryVersion.objects.count() - 1 == 2
    assert Passage.objects.exclude(entry__in=[own_word, mended]).count() == 0
    assert AuditEntry.objects.filter(kind="entries.deleted").count() == 2
    # What was taken back can come again.
    assert imported(teacher, csv_of(PORTION + 5)).added == PORTION + 4


def test_only_those_who_review_may_import_and_only_their_own(
    teacher: Member, reader: Member, person: Callable[..., Member]
) -> None:
    with pytest.raises(MayNotImport):
        imports.bring(member=reader, data=b"a,b", name="a.csv", now=JUNE)
    batch = planned(teacher, csv_of(3))
    other = person("other", "teacher")
    for verb in (imports.begin, imports.cancel, imports.take_back):
        with pytest.raises(NotFound):
            verb(member=other, batch_id=batch.pk, now=JUNE)
    with pytest.raises(NotFound):
        imports.change_plan(member=other, batch_id=batch.pk, plan=imports.plan_of(batch), now=JUNE)


def test_limits_of_size_and_number(teacher: Member, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unreadable) as caught:
        imports.bring(member=teacher, data=b"", name="a.csv", now=JUNE)
    assert caught.value.code == "empty"
    settings.IMPORT_MB = 1
    with pytest.raises(Unreadable) as caught:
        imports.bring(member=teacher, data=bytes(1 + (1 << 20)), name="a.csv", now=JUNE)
    assert caught.value.facts == {"limit": 1}
    for number in range(5):
        imports.bring(member=teacher, data=csv_of(1, begin=number), name="a.csv", now=JUNE)
    with pytest.raises(TooManyOpen):
        imports.bring(member=teacher, data=csv_of(9), name="a.csv", now=JUNE)
    own(ImportBatch, member=teacher).delete()
    monkeypatch.setattr(imports, "MOST_ENTRIES", 10)
    batch = planned(teacher, csv_of(11))
    assert imports.look(member=teacher, batch=batch, now=JUNE).too_many
    with pytest.raises(TooManyEntries):
        imports.begin(member=teacher, batch_id=batch.pk, now=JUNE)


@pytest.mark.parametrize(
    "changes",
    [
        {"language": "not a language"},
        {"columns": (Column.WORD,)},
        {"columns": (Column.WORD, *[Column.IGNORE] * 4)},
        {"source": "table-7"},
        {"source": "records"},
        {"source": "text"},
    ],
)
def test_a_plan_that_does_not_fit_is_not_kept(teacher: Member, changes: dict[str, object]) -> None:
    batch = bring(teacher, csv_of(2))
    before = imports.plan_of(batch)
    with pytest.raises(InvalidPlan):
        imports.change_plan(member=teacher, batch_id=batch.pk, plan=replace(before, **changes), now=JUNE)  # type: ignore[arg-type]
    with pytest.raises(NoSuchLabel):
        imports.change_plan(member=teacher, batch_id=batch.pk, plan=replace(before, labels=("none",)), now=JUNE)
    assert imports.plan_of(fresh(batch)) == before


def test_what_cannot_be_read_is_refused_and_its_file_goes(
    teacher: Member, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        batch = bring(teacher, b"%PDF-1.7 broken", "a.pdf")
    assert (batch.state, batch.refusal) == (ImportState.REFUSED, "damaged")
    assert files() == []


def test_at_the_end_the_file_goes(teacher: Member, django_capture_on_commit_callbacks: Callable[..., Any]) -> None:
    batch = planned(teacher, csv_of(3))
    assert len(files()) == 1
    with django_capture_on_commit_callbacks(execute=True):
        imports.begin(member=teacher, batch_id=batch.pk, now=JUNE)
        run(batch)
    assert files() == []
    waiting = planned(teacher, csv_of(5))
    with django_capture_on_commit_callbacks(execute=True):
        imports.cancel(member=teacher, batch_id=waiting.pk, now=JUNE)
    assert files() == []


def test_the_waiting_file_is_sealed_with_the_members_own_key(teacher: Member) -> None:
    secret = b"word,meaning\nvelu,the secret water\n" * 50
    batch = imports.bring(member=teacher, data=secret, name="secret list.csv", now=JUNE)
    (path,) = files()
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"secret" not in path.read_bytes()
    run(batch)
    (path,) = files()
    assert b"secret" not in path.read_bytes()
    with connection.cursor() as cursor:
        cursor.execute("SELECT file_name, plan FROM knowledge_importbatch")
        row = cursor.fetchone()
    assert all(b"secret" not in bytes(value) for value in row)
    other = ImportBatch(pk=batch.pk, member=teacher)
    path.rename(path.with_suffix(".moved"))
    with pytest.raises(import_files.Gone):
        import_files.document_of(other)
    path.with_suffix(".moved").rename(path)
    # Without the key nothing of it can be read again.
    PersonalKey.objects.all().delete()
    forget_remembered_keys()
    imports_row = fresh(batch)
    assert imports_row.state == ImportState.READ
    with pytest.raises(Exception, match="key"):
        import_files.document_of(imports_row)


def test_files_and_batches_that_nobody_needs_go(teacher: Member) -> None:
    waiting = bring(teacher, csv_of(2))
    stray = settings.HOME.imports / "0.file-new"
    stray.write_bytes(b"x")
    long_ago, just_now = (JUNE - timedelta(hours=2)).timestamp(), JUNE.timestamp()
    for path in files():
        os.utime(path, (just_now, just_now))
    assert import_work.tidy_up(now=JUNE) == 0
    for path in files():
        os.utime(path, (long_ago, long_ago))
    assert import_work.tidy_up(now=JUNE) == 1
    assert import_work.tidy_up(now=JUNE + timedelta(days=15)) == 1
    assert fresh(waiting).state == ImportState.CANCELLED
    assert files() == []


def test_two_jobs_at_once_write_each_portion_once(teacher: Member, reader: Member) -> None:
    batch = planned(teacher, csv_of(PORTION * 3))
    imports.begin(member=teacher, batch_id=batch.pk, now=JUNE)
    one = import_work._Import(fresh(batch), JUNE)
    two = import_work._Import(fresh(batch), JUNE)
    for worker in (one, two, one, two):
        worker.portion()
    row = fresh(batch)
    assert (row.state, row.added, row.known) == (ImportState.DONE, PORTION * 3, 0)
    with pytest.raises(import_work.Interrupted):
        one.portion()
    assert len(seen(reader)) == PORTION * 3
    assert Entry.objects.filter(state=EntryState.DRAFT).count() == 0
    assert not transaction.get_connection().needs_rollback
