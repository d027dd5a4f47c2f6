"""What is wrong with an export is told in a sentence before anything begins; rows are spelled the same everywhere."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, models, transaction

from community_ai.core.append_only import missing_guards
from community_ai.core.keystore import NodeKey
from consent.backups.names import ROWS, ROWS_INDEX, require_safe, rows_file, table_of
from consent.backups.recovery_code import new_code
from consent.backups.refusals import (
    BackupCutShort,
    BackupDamaged,
    BackupRefused,
    CannotWrite,
    DoesNotMatch,
    IsAnExport,
    NewerBackup,
    NoKit,
    NoRoom,
    NotThisCode,
)
from consent.models import RecoveryKit
from consent.rows import Table, lines_of, tables_of
from consent.services import exporting, imported_nodes, importing, restores
from consent.services.backup_reading import look_through, open_with_code, open_with_node
from consent.services.backup_trials import try_out
from consent.services.exporting import NotUpToDate, ThereAlready
from consent.services.imported_nodes import NotEmpty, NotTaken
from consent.services.importing import NotAnExport
from consent.services.restores import Story
from consent.services.restoring import NotSettled, Wanted, restore
from consent.services.row_loading import RowLoading, make_tables, without_guards
from consent.services.row_reading import RowReading, one_moment
from consent.services.snapshots import another
from governance.models import AuditEntry, AuditFrontier, Member, RowChange
from inference.models import BehaviourVersion
from tests.consent.backups.conftest import Node
from tests.consent.backups.test_nodes import bent
from tests.governance.decisions.conftest import NOON

pytestmark = pytest.mark.django_db(transaction=True)


def exported(tmp_path: Path) -> Path:
    return exporting.export(path=tmp_path / "a.export", now=NOON).path


def no_process(*_: object, **__: object) -> None:
    raise AssertionError("a process was started")


# --- Going out -------------------------------------------------------------------------------------------------------
def test_an_export_holds_every_table_and_says_so_in_the_record(node: Node, tmp_path: Path) -> None:
    before = Member.objects.count()
    path = exported(tmp_path)
    manifest = look_through(open_with_code(path, code=node.code))
    assert manifest.files[0].name == ROWS_INDEX
    assert manifest.tables["governance_member"] == before
    assert {table_of(one.name) for one in manifest.files} - {""} == set(tables_of(apps))
    assert "django_session" not in manifest.tables
    assert AuditEntry.objects.last().kind == exporting.EXPORTED  # type: ignore[union-attr]
    assert b"member1" not in path.read_bytes()


def test_every_table_of_ours_travels_or_is_left_out_on_purpose() -> None:
    travelling = {one.model for one in tables_of(apps).values()}
    left = {model._meta.label for model in apps.get_models() if not model._meta.proxy and model not in travelling}
    assert left == {
        "sessions.Session", "contenttypes.ContentType", "auth.Permission", "django_q.OrmQ", "django_q.Task",
        "django_q.Schedule",
    }  # fmt: skip


def test_who_writes_meanwhile_does_not_wait_and_is_not_in_it(node: Node) -> None:
    counted = Member.objects.count()
    reading = RowReading(apps)
    with one_moment():
        lines = reading.lines(Table(Member))
        next(lines)
        # Another connection, as another process would have.
        with another() as theirs, theirs.cursor() as cursor:
            cursor.execute("UPDATE governance_member SET display_name = 'late'")
        assert len(list(lines)) == counted - 1
        assert not any(b"late" in line for line in reading.lines(Table(Member)))


def test_without_a_kit_nobody_can_leave(node: Node, tmp_path: Path) -> None:
    RecoveryKit.objects.all().delete()
    with pytest.raises(NoKit):
        exported(tmp_path)


def test_a_file_that_is_there_stays(node: Node, tmp_path: Path) -> None:
    (tmp_path / "a.export").write_bytes(b"mine")
    with pytest.raises(ThereAlready):
        exported(tmp_path)
    with pytest.raises(CommandError) as told:
        call_command("export_node", to=tmp_path / "a.export")
    assert told.value.returncode == 2
    assert (tmp_path / "a.export").read_bytes() == b"mine"


def test_an_older_database_is_brought_up_to_date_first(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consent.services.exporting.MigrationExecutor.migration_plan", lambda *_: ["one"])
    with pytest.raises(NotUpToDate):
        exported(tmp_path)


def test_a_full_disk_leaves_no_file(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Iterator[bytes]:
        yield b"a beginning"
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RowReading, "blocks", full)
    with pytest.raises(NoRoom):
        exported(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_node_that_is_closed_for_writing_stays_so_elsewhere(node: Node, tmp_path: Path) -> None:
    """The checkpoints of the entries that are missing go along, although the database does not have them."""
    entries = AuditFrontier.objects.get().size
    assert restores.entries_known(entries) == entries
    restores.begin(backup=None, made_at=None, story=Story(entries, entries + 9, "00" * 32), now=NOON)
    assert restores.entries_known(entries) == entries + 9
    assert look_through(open_with_code(exported(tmp_path), code=node.code)).record == entries


# --- Coming in --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (lambda path: bent(path, -1), BackupCutShort),
        (lambda path: bent(path, path.stat().st_size // 2), BackupCutShort),
        (lambda path: os.truncate(path, path.stat().st_size - 100), BackupCutShort),
    ],
    ids=["last bit", "bit in the middle", "cut"],
)
def test_what_is_spoilt_is_found_before_anything_begins(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Any, refusal: type[BackupRefused]
) -> None:
    monkeypatch.setattr(importing, "in_own_process", no_process)
    opened = open_with_code(exported(tmp_path), code=node.code)
    spoil(opened.path)
    with pytest.raises((refusal, BackupDamaged)):
        importing.import_node(opened=opened, wanted=Wanted(tmp_path / "new"))
    assert {one.name for one in tmp_path.iterdir()} == {"a.export", ".new.restore.lock"}


def test_another_code_does_not_open_it(node: Node, tmp_path: Path) -> None:
    path = exported(tmp_path)
    with pytest.raises(NotThisCode):
        open_with_code(path, code=new_code())
    with pytest.raises(CommandError) as told:
        call_command("import_node", str(path), into=tmp_path / "new", recovery_code=new_code())
    assert told.value.returncode == 2
    assert not (tmp_path / "new").exists()


def test_the_nodes_own_key_opens_it_too(node: Node, tmp_path: Path) -> None:
    assert isinstance(settings.NODE_KEY, NodeKey)
    look_through(open_with_node(exported(tmp_path), node=settings.NODE_KEY))


def test_a_newer_version_is_refused(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.services.backups._newest_migrations", lambda: {"consent": "9999_of_next_year"})
    path = exported(tmp_path)
    monkeypatch.undo()
    with pytest.raises(NewerBackup):
        open_with_code(path, code=node.code)


def test_a_change_of_the_database_that_nobody_knows_here_is_refused() -> None:
    with pytest.raises(NewerBackup):
        make_tables({"consent": ["0001_initial", "9999_of_next_year"]})


@pytest.mark.parametrize(
    ("said", "refusal"),
    [("database or disk is full", NoRoom), ("disk I/O error", CannotWrite), ("NUL (0x00)", NotTaken)],
)
def test_what_the_database_refuses_is_told_in_a_sentence(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, refusal: type[BackupRefused]
) -> None:
    def refuse() -> None:
        raise DatabaseError(said)

    monkeypatch.setattr(imported_nodes, "_require_empty", refuse)
    with pytest.raises(refusal):
        imported_nodes.take_in(opened=open_with_code(exported(tmp_path), code=node.code), now=NOON)


def test_a_place_with_something_in_it_is_refused(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "in_own_process", no_process)
    opened = open_with_code(exported(tmp_path), code=node.code)
    home = tmp_path / "node"
    home.mkdir()
    (home / "letter").write_text("mine")
    with pytest.raises(NotEmpty):
        importing.import_node(opened=opened, wanted=Wanted(home))
    assert [one.name for one in home.iterdir()] == ["letter"]


def test_an_export_is_no_backup_and_a_backup_no_export(node: Node, tmp_path: Path) -> None:
    path = exported(tmp_path)
    with pytest.raises(IsAnExport):
        restore(opened=open_with_code(path, code=node.code), wanted=Wanted(tmp_path / "new"))
    with pytest.raises(IsAnExport):
        try_out(path=path, now=NOON)
    with pytest.raises(NotAnExport):
        importing.import_node(opened=open_with_code(node.back_up(), code=node.code), wanted=Wanted(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_process_that_refuses_leaves_nothing_and_one_that_was_done_gets_its_name(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With PostgreSQL the database may be complete when the power goes, and only the folder's name be missing."""
    opened = open_with_code(exported(tmp_path), code=node.code)
    home, said = tmp_path / "new", {"record": 3, "changes": 0, "erased": 0, "missing": 0}

    def refuses(*_: object, **__: object) -> None:
        raise NotSettled("The database is not empty.")

    monkeypatch.setattr(importing, "in_own_process", refuses)
    with pytest.raises(NotSettled):
        importing.import_node(opened=opened, wanted=Wanted(home))
    assert {one.name for one in tmp_path.iterdir()} == {"a.export", ".new.restore.lock"}

    done = tmp_path / "new.restoring"
    done.mkdir()
    (done / "restoring.json").write_text(json.dumps({"backup": opened.head.backup, "settled": said}))
    monkeypatch.setattr(importing, "in_own_process", lambda _name, told, home: importing.Settled(**told["finished"]))
    assert importing.import_node(opened=opened, wanted=Wanted(home)).settled.record == 3
    assert list(home.iterdir()) == []


# --- Rows -------------------------------------------------------------------------------------------------------------
def test_names_of_files_of_rows_are_safe() -> None:
    require_safe(rows_file("governance_member"))
    require_safe(ROWS_INDEX)
    for name in (f"{ROWS}/../db.jsonl", f"{ROWS}/a/b.jsonl", f"{ROWS}/.jsonl", f"{ROWS}/a.txt", f"{ROWS}/"):
        with pytest.raises(BackupDamaged):
            require_safe(name)


def test_every_kind_of_value_comes_back_as_it_was() -> None:
    table = Table(BehaviourVersion)
    moment = datetime(2026, 11, 24, 12, 30, 1, 5, tzinfo=UTC)
    content = {"ب": [1, 2.5, -0.0, 1e300, None, True], "a": {"half": "\ud800", "text": "line\nend"}}
    values = [7, 1, "0" * 64, content, 3, moment]
    line = table.line(values)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    back = table.values(line)
    assert back[-1] == moment
    assert back[3] == content
    assert table.line(back) == line
    assert b'"2026-11-24T12:30:01.000005Z"' in line


@pytest.mark.parametrize(
    "line",
    [b"", b"[]", b"{}", b'{"id": 1}', b"\xff", b"[" * 100_000, b'{"id":1,"member_id":1,"role_id":1,"began_at":"soon",'
     b'"ended_at":null}'],
    ids=["empty", "a list", "no columns", "too few", "no text", "deep", "no time"],
)  # fmt: skip
def test_a_line_that_is_no_row_is_refused(line: bytes) -> None:
    with pytest.raises(DoesNotMatch):
        Table(apps.get_model("governance", "Appointment")).values(line)


def test_a_last_line_without_its_end_is_refused() -> None:
    assert list(lines_of(iter([b"a\nb", b"c\n"]))) == [b"a", b"bc"]
    with pytest.raises(DoesNotMatch):
        list(lines_of(iter([b"a\nb"])))


def test_types_of_content_go_by_name(node: Node) -> None:
    """Their numbers differ from node to node."""
    table = Table(RowChange)
    lines = list(RowReading(apps).lines(table))
    assert lines
    assert b'"content_type_id":"governance.' in lines[0]


def test_triggers_are_away_while_rows_come_in_and_in_force_after_it(node: Node) -> None:
    """A ballot of a vote that is over comes in; nobody else can cast one."""
    with transaction.atomic(), without_guards():
        AuditEntry.objects.filter(pk=AuditEntry.objects.latest("pk").pk).update(kind="bent")
    assert missing_guards() == []
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        AuditEntry.objects.update(kind="bent")


def test_rows_that_are_not_what_the_export_says_are_refused(node: Node) -> None:
    loading = RowLoading(apps)
    digests = {name: RowReading(apps).digest(table) for name, table in loading.tables.items()}
    with transaction.atomic():
        loading.finish(digests=digests, numbers={})
    for wrong in ({**digests, "governance_member": "0" * 64}, {}, {**digests, "more": ""}):
        with pytest.raises(DoesNotMatch), transaction.atomic():
            loading.finish(digests=wrong, numbers={})
    with pytest.raises(DoesNotMatch), transaction.atomic():
        loading.load("auth_user", iter([]))


def test_new_rows_get_numbers_that_nobody_had(node: Node) -> None:
    loading = RowLoading(apps)
    digests = {name: RowReading(apps).digest(table) for name, table in loading.tables.items()}
    with transaction.atomic():
        loading.finish(digests=digests, numbers={"governance_role": 4000})
    role: models.Model = apps.get_model("governance", "Role").objects.create(key="new", name="New", permissions=[])
    assert role.pk == 4001
