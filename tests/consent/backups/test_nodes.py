"""A node is backed up while it serves, tried, and put back; whatever is wrong, the present data stays as it is."""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
import resource
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from community_ai.core.home import FOLDER_MODE, Home
from community_ai.core.housekeeping import wipe_deleted_text
from community_ai.core.key_changes import keys_changing
from community_ai.core.keystore import NodeKey, key_from, load_node_key
from consent.backups import keys
from consent.backups.head import MAGIC
from consent.backups.recovery_code import new_code
from consent.backups.refusals import (
    BackupCutShort,
    BackupDamaged,
    BackupRefused,
    Busy,
    KeysChanging,
    KeysRotated,
    NewerBackup,
    NoFile,
    NoKit,
    NoRecovery,
    NoRoom,
    NotABackup,
    NotThisCode,
    NotThisKey,
)
from consent.models import Backup, BackupState, Check, Reason, RecoveryKit
from consent.services import (
    backup_folder,
    backup_reading,
    backup_trials,
    backups,
    folder_exchange,
    recovery_kits,
    restoring,
)
from consent.services.backup_reading import look_through, open_with_code, open_with_node, take_out
from consent.services.backups import backup_key
from consent.services.folder_exchange import CannotMoveAside, NodeRuns
from consent.services.restoring import Wanted
from consent.services.snapshots import figures
from governance.models import AuditEntry, Member
from governance.services import audit, checkpoint_file
from tests.consent.backups.conftest import Node, only_sqlcipher
from tests.governance.decisions.conftest import NOON
from tests.nodes import files_below

pytestmark = only_sqlcipher


def own_key() -> NodeKey:
    assert isinstance(settings.NODE_KEY, NodeKey)
    return settings.NODE_KEY


def opened(path: Path) -> backup_reading.Opened:
    return open_with_node(path, node=own_key())


def test_a_backup_holds_the_whole_node_and_nothing_in_the_clear(node: Node, tmp_path: Path) -> None:
    for folder in (settings.HOME.imports, settings.HOME.audio_notes):  # of the tests before
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=FOLDER_MODE)
    (settings.HOME.imports / "7").mkdir(exist_ok=True)
    (settings.HOME.imports / "7" / "file").write_bytes(b"sealed words")
    (settings.HOME.keys / "ballot-boxes").mkdir(exist_ok=True)
    (settings.HOME.keys / "ballot-boxes" / "box").write_bytes(b"k" * 32)
    before = figures(connection)
    path = node.back_up()
    shutil.rmtree(settings.HOME.imports / "7")

    manifest = take_out(opened(path), into=tmp_path)
    assert {one.name for one in manifest.files} == {
        "audit/checkpoints", "database/db.sqlite3", "imports/7/file", "settings.json",
    }  # fmt: skip
    # The backup's own row is in it; the entry about it comes after.
    assert (manifest.tables, manifest.record) == ({**before[0], "consent_backup": 1}, before[1])
    data = path.read_bytes()
    assert own_key().secret not in data
    assert b"SQLite format 3" not in data
    assert b"sealed words" not in data
    row = Backup.objects.get()
    assert (row.state, row.bytes, row.kit_id) == (BackupState.DONE, len(data), node.kit.key_id)
    assert not list(path.parent.glob(".scratch-*"))


def test_settings_go_along_without_secrets(node: Node, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COMMUNITY_AI_TIME_ZONE", "America/Lima")
    monkeypatch.setenv("COMMUNITY_AI_EMAIL_PASSWORD", "do not tell")
    take_out(opened(node.back_up()), into=tmp_path)
    kept = json.loads((tmp_path / "settings.json").read_text())
    assert kept["COMMUNITY_AI_TIME_ZONE"] == "America/Lima"
    assert "do not tell" not in json.dumps(kept)


def test_who_writes_meanwhile_does_not_wait_and_is_not_in_it(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member joins between two pages of the copy; the checkpoint that knows of it stays out, too."""
    counted = Member.objects.count()
    before = figures(connection)

    def join_after(*arguments: object) -> tuple[dict[str, int], int]:
        monkeypatch.undo()
        Member.objects.create_user("late", "a long enough pass phrase")
        with transaction.atomic():
            audit.record(kind="member.joined", actor=None, subject="late", facts={}, now=NOON)
        audit.checkpoint(now=NOON)
        return figures(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("consent.services.snapshots.figures", join_after)
    path = node.back_up()
    manifest = look_through(opened(path))
    assert Member.objects.count() == counted + 1
    assert manifest.tables["governance_member"] == before[0]["governance_member"]
    assert len(checkpoint_file.read()) == 2
    taken = next(one for one in manifest.files if one.name == "audit/checkpoints")
    assert taken.size < checkpoint_file.path().stat().st_size


def test_with_the_file_and_without_key_or_code_nothing_opens(node: Node) -> None:
    path = node.back_up()
    with pytest.raises(NotThisKey):
        open_with_node(path, node=NodeKey(b"x" * 32))
    with pytest.raises(NotThisCode):
        open_with_code(path, code=new_code())


def test_the_streams_key_does_not_open_the_nodes_key(node: Node) -> None:
    """Only the recovery code gives the node's key; the node's own way gives the stream's alone."""
    path = node.back_up()
    assert (
        keys.open_for_node(opened(path).head.locked_for_node, node_key=backup_key(), backup=opened(path).head.backup)
        == opened(path).stream_key
    )
    with pytest.raises(NotThisKey):
        keys.open_for_node(
            opened(path).head.sealed_node_key, node_key=opened(path).stream_key, backup=opened(path).head.backup
        )
    exported = open_with_code(path, code=node.code.lower()).node_key
    assert exported is not None
    assert key_from(exported) == NodeKey(own_key().content)


def test_after_a_rotation_only_the_code_opens_an_older_backup(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its database needs the key file as it was: putting it back with the new one would lose what members sealed."""
    path = node.back_up()
    monkeypatch.setattr(settings, "NODE_KEY", NodeKey(own_key().content.with_new_secret().without_old_secrets()))
    with pytest.raises(KeysRotated):
        opened(path)
    open_with_code(path, code=node.code)
    look_through(opened(node.back_up()))


def test_a_new_kit_retires_the_old_one(node: Node) -> None:
    before = node.back_up()
    kit, code = recovery_kits.make(by=None, now=NOON + timedelta(seconds=1))
    after = node.back_up()
    assert RecoveryKit.objects.get(retired_at=None) == kit
    open_with_code(before, code=node.code)
    open_with_code(after, code=code)
    with pytest.raises(NotThisCode):
        open_with_code(after, code=node.code)


def test_a_kit_that_nobody_sealed_counts_for_nothing(node: Node) -> None:
    RecoveryKit.objects.update(public="00" * 32)
    with pytest.raises(NoKit):
        node.back_up()
    assert Backup.objects.get().problem == "no-kit"


def test_without_a_kit_only_who_says_so_makes_a_backup(node: Node) -> None:
    RecoveryKit.objects.all().delete()
    with pytest.raises(NoKit):
        node.back_up()
    with pytest.raises(NoKit):
        backups.ask(reason=Reason.ASKED, by=node.admin, now=NOON)
    path = node.back_up(without_recovery=True)
    look_through(opened(path))
    with pytest.raises(NoRecovery):
        open_with_code(path, code=node.code)


def test_one_at_a_time(node: Node) -> None:
    backups.ask(reason=Reason.ASKED, by=node.admin, now=NOON)
    with pytest.raises(Busy):
        backups.ask(reason=Reason.ASKED, by=node.admin, now=NOON)
    with backup_folder.locked(backup_folder.folder()), pytest.raises(Busy):
        node.back_up()


def test_nothing_is_copied_while_keys_change(node: Node) -> None:
    with keys_changing(settings.HOME), pytest.raises(KeysChanging):
        node.back_up()
    assert Backup.objects.get().problem == "keys"


def test_an_interrupted_backup_is_ended_and_its_remains_go(node: Node) -> None:
    row = backups.ask(reason=Reason.ASKED, by=node.admin, now=NOON)
    Backup.objects.filter(pk=row.pk).update(state=BackupState.RUNNING)
    part = backup_folder.folder() / "x.backup.part"
    part.write_bytes(b"half")
    (backup_folder.folder() / ".scratch-1").mkdir()
    assert backups.tidy_up(now=NOON) == 1
    assert [path.name for path in backup_folder.folder().iterdir()] == [".lock"]
    assert Backup.objects.get().problem == "interrupted"


# --- A trial ---------------------------------------------------------------------------------------------------------
def test_a_trial_puts_all_of_it_back_and_leaves_nothing(node: Node) -> None:
    path = node.back_up()
    entries = AuditEntry.objects.count()
    settled = backup_trials.try_out(path=path, now=NOON)
    assert settled.record == entries - 1
    assert Backup.objects.get().check_state == Check.HOLDS
    assert sorted(one.name for one in backup_folder.folder().iterdir()) == [".lock", path.name]


def bent(path: Path, at: int) -> Path:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (lambda path: bent(path, -1), BackupCutShort),
        (lambda path: bent(path, path.stat().st_size // 2), BackupDamaged),
        (lambda path: os.truncate(path, path.stat().st_size - 100), BackupCutShort),
        (lambda path: path.write_bytes(b""), NotABackup),
        (lambda path: path.write_bytes(MAGIC + b"\x00\x02" + bytes(50)), NewerBackup),
        (lambda path: path.unlink(), NoFile),
    ],
    ids=["last bit", "bit in the middle", "cut", "empty", "newer form", "gone"],
)
def test_what_is_spoilt_is_found_with_a_sentence(node: Node, spoil: object, refusal: type[BackupRefused]) -> None:
    path = node.back_up()
    spoil(path)  # type: ignore[operator]
    with pytest.raises(refusal):
        backup_trials.try_out(path=path, now=NOON)
    with pytest.raises(CommandError) as told:
        call_command("verify_backup", str(path))
    assert told.value.returncode == 2
    assert not list(backup_folder.folder().glob(".scratch-*"))


def test_a_database_of_a_newer_version_is_refused(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.services.backups._newest_migrations", lambda: {"consent": "9999_of_next_year"})
    path = node.back_up()
    monkeypatch.undo()
    with pytest.raises(NewerBackup):
        opened(path)


# --- No room ---------------------------------------------------------------------------------------------------------
def test_room_is_looked_for_first(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.services.backup_folder.MARGIN_BYTES", 1 << 60)
    with pytest.raises(NoRoom):
        node.back_up()
    assert Backup.objects.get().problem == "no-room"


def test_a_full_disk_leaves_no_file(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's limit on the size of a file stands for the full disk: the write itself fails."""
    assert wipe_deleted_text(), "the log would be the first to meet the limit"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    monkeypatch.setattr("consent.services.backup_contents._settings", lambda: bytes(1 << 22))
    size = Path(connection.settings_dict["NAME"]).stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 4096, hard))
    try:
        with pytest.raises(NoRoom):
            node.back_up()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in backup_folder.folder().iterdir()] == [".lock"]


# --- Putting it back --------------------------------------------------------------------------------------------------
@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder with something in it that must not be lost."""
    home = tmp_path / "node"
    Home(home).create()
    (home / "db.sqlite3").write_bytes(b"the present database")
    return home


def settled_without_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the process of its own does is tested by trials and by the soak; these tests are about folders."""
    monkeypatch.setattr(restoring, "settle", lambda *_, **__: restoring.Settled(1, 0, 0, 0))


def test_a_restore_exchanges_the_folders_in_one_step(node: Node, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled_without_a_process(monkeypatch)
    path = node.back_up()
    (home / "backups" / "old.backup").write_bytes(b"an older one")
    restored = restoring.restore(opened=open_with_code(path, code=node.code), wanted=Wanted(home))
    assert restored.aside == home.with_name("node.before-restore-1")
    assert (restored.aside / "db.sqlite3").read_bytes() == b"the present database"
    assert load_node_key(Home(home)) == NodeKey(own_key().content)
    assert (home / "backups" / "old.backup").exists()
    assert (home / "db.sqlite3").stat().st_mode & 0o777 == 0o600
    assert not (home / folder_exchange.MARK).exists()
    assert {one.name for one in home.parent.iterdir()} == {"node", "node.before-restore-1", ".node.restore.lock"}


@pytest.mark.parametrize("spoil", [lambda path: bent(path, -1), lambda path: os.truncate(path, 5000)])
def test_a_restore_that_is_refused_leaves_everything_as_it_was(node: Node, home: Path, spoil: object) -> None:
    path = node.back_up()
    code = open_with_code(path, code=node.code)
    spoil(path)  # type: ignore[operator]
    before = files_below(home)
    with pytest.raises(BackupRefused):
        restoring.restore(opened=code, wanted=Wanted(home))
    assert files_below(home) == before
    assert {one.name for one in home.parent.iterdir()} == {"node", ".node.restore.lock"}


def test_a_full_disk_while_restoring_leaves_everything_as_it_was(
    node: Node, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = node.back_up()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("consent.services.backup_reading.sync", full)
    before = files_below(home)
    with pytest.raises(NoRoom):
        restoring.restore(opened=open_with_code(path, code=node.code), wanted=Wanted(home))
    assert files_below(home) == before
    assert not home.with_name("node.restoring").exists()


def test_a_process_that_refuses_is_told_on(node: Node, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real process, told to expect other numbers than are there."""
    settle = restoring.settle
    monkeypatch.setattr(
        restoring, "settle", lambda code, manifest, **more: settle(code, replace(manifest, record=1), **more)
    )
    code = open_with_code(node.back_up(), code=node.code)
    before = files_below(home)
    with pytest.raises(restoring.NotSettled) as told:
        restoring.restore(opened=code, wanted=Wanted(home))
    assert "list of contents" in str(told.value.sentence)
    assert files_below(home) == before


def test_what_an_interrupted_restore_left_is_cleared_or_finished(
    node: Node, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled_without_a_process(monkeypatch)
    path = node.back_up()
    code = open_with_code(path, code=node.code)
    unfinished = home.with_name("node.restoring")
    unfinished.mkdir()
    (unfinished / folder_exchange.MARK).write_text("{}")
    restoring.restore(opened=code, wanted=Wanted(home))
    # And one that was killed right after the exchange: the folder without a mark is the node of before.
    unfinished.mkdir()
    (unfinished / "db.sqlite3").write_bytes(b"a former node")
    (home / folder_exchange.MARK).write_text("{}")
    restoring.restore(opened=code, wanted=Wanted(home))
    assert (home.with_name("node.before-restore-2") / "db.sqlite3").read_bytes() == b"a former node"


def test_a_running_node_is_not_replaced(node: Node, home: Path) -> None:
    code = open_with_code(node.back_up(), code=node.code)
    with (home / "run" / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(NodeRuns):
            restoring.restore(opened=code, wanted=Wanted(home))


def test_a_folder_that_cannot_be_renamed_is_refused(node: Node, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    code = open_with_code(node.back_up(), code=node.code)
    with pytest.raises(CannotMoveAside):
        restoring.restore(opened=code, wanted=Wanted(link))


def test_commands_say_it_in_a_sentence(node: Node, tmp_path: Path) -> None:
    said = io.StringIO()
    call_command("backup", to=tmp_path, stdout=said)
    (file,) = tmp_path.glob("*.backup")
    assert file.name in said.getvalue()
    assert Backup.objects.get().elsewhere
    with pytest.raises(CommandError) as told:
        call_command("restore", str(file), into=tmp_path / "new", recovery_code=new_code())
    assert "does not open this backup" in str(told.value)
    assert not (tmp_path / "new").exists()


def test_the_kits_code_is_shown_once(node: Node, tmp_path: Path) -> None:
    said, page = io.StringIO(), tmp_path / "kit.html"
    call_command("recovery_kit", html=page, stdout=said)
    code = next(line.strip() for line in said.getvalue().splitlines() if line.startswith("    "))
    assert page.stat().st_mode & 0o777 == 0o600
    assert code[:4] in page.read_text()
    assert "<svg" in page.read_text()
    open_with_code(node.back_up(), code=code)
    assert not any(code in (entry.leaf or "") for entry in AuditEntry.objects.all())
    with pytest.raises(CommandError):
        call_command("recovery_kit", html=page)
