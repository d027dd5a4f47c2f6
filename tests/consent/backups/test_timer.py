"""When backups are made and tried by themselves, what is removed, and what is said about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client

from community_ai.core.clock import clock_at
from community_ai.core.doctor import Health
from consent import backup_jobs
from consent.backup_states import backups_as_items, check_backups
from consent.models import Backup, BackupState, Check, Reason, RecoveryKit
from consent.services import backup_folder, backup_rotation, backup_timer, recovery_kits
from governance.models import Member
from tests.conftest import PASSWORD
from tests.governance.decisions.conftest import NOON, make_community

NIGHT = NOON.replace(hour=3)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BACKUP_FOLDER", tmp_path / "backups")


@pytest.fixture
def admin(db: None) -> Member:
    admin = make_community(2)[0]
    recovery_kits.make(by=admin, now=NOON)
    return admin


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What the jobs would start as processes of their own."""
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(backup_jobs, "_start", lambda *arguments, **_: started.append(arguments))
    return started


def made(at: datetime, **changes: object) -> Backup:
    row = Backup.objects.create(
        **{"reason": Reason.TIMER, "asked_at": at, "began_at": at, "ended_at": at, "state": BackupState.DONE,
           "file_name": f"{at:%Y%m%d%H%M}.backup", "bytes": 9, **changes}
    )  # fmt: skip
    backup_folder.folder().mkdir(parents=True, exist_ok=True)
    (backup_folder.folder() / row.file_name).write_bytes(b"encrypted")
    return row


@pytest.mark.parametrize(
    ("zone", "now", "due"),
    [
        ("UTC", "2026-12-01T02:59", "2026-11-30T03:00+00:00"),
        ("UTC", "2026-12-01T03:00", "2026-12-01T03:00+00:00"),
        ("America/Lima", "2026-12-01T07:59", "2026-11-30T08:00+00:00"),
        ("Asia/Kathmandu", "2026-12-01T22:00", "2026-12-01T21:15+00:00"),
    ],
)
def test_a_night_is_the_communitys_own(zone: str, now: str, due: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_timer, "get_default_timezone", lambda: ZoneInfo(zone))
    assert backup_timer.night_of(datetime.fromisoformat(f"{now}+00:00")) == datetime.fromisoformat(due)


def test_one_is_made_each_night(admin: Member, started: list[tuple[str, ...]]) -> None:
    with clock_at(NIGHT):
        backup_jobs.look_after_backups()
        row = Backup.objects.get()
        assert started == [("backup", "--carry-out", str(row.pk))]
        backup_jobs.look_after_backups()
    assert len(started) == 1, "it is on its way already"
    Backup.objects.update(state=BackupState.DONE, began_at=NIGHT, file_name="x.backup")
    with clock_at(NIGHT + timedelta(hours=20)):
        assert backup_timer.wanted(now=NIGHT + timedelta(hours=20)) is None
    with clock_at(NIGHT + timedelta(hours=24)):
        assert backup_timer.wanted(now=NIGHT + timedelta(hours=24)) is not None


def test_a_failure_is_tried_again_after_a_while(admin: Member) -> None:
    made(NIGHT, state=BackupState.FAILED, problem="no-room")
    assert backup_timer.wanted(now=NIGHT + timedelta(hours=1)) is None
    assert backup_timer.wanted(now=NIGHT + timedelta(hours=4)) is not None


def test_without_a_kit_none_is_made_and_it_is_said(admin: Member, started: list[tuple[str, ...]]) -> None:
    RecoveryKit.objects.all().delete()
    with clock_at(NIGHT):
        backup_jobs.look_after_backups()
        assert started == []
        assert check_backups().health is Health.WARNING
        assert [str(item.title) for item in backups_as_items(admin, NIGHT)] == ["Make a recovery kit"]


def test_the_newest_is_tried_once_a_week(admin: Member, started: list[tuple[str, ...]]) -> None:
    row = made(NIGHT)
    with clock_at(NIGHT + timedelta(minutes=15)):
        backup_jobs.look_after_backups()
    assert started == [("verify_backup", str(backup_folder.folder() / row.file_name))]
    Backup.objects.update(check_state=Check.HOLDS, checked_at=NIGHT)
    made(NIGHT + timedelta(days=1))
    assert backup_timer.trial_wanted(now=NIGHT + timedelta(days=6)) is None
    assert backup_timer.trial_wanted(now=NIGHT + timedelta(days=8)) is not None


def test_old_ones_go_and_the_last_one_that_held_stays(admin: Member) -> None:
    rows = [made(NIGHT - timedelta(days=day)) for day in range(300)]
    Backup.objects.filter(pk=rows[299].pk).update(check_state=Check.HOLDS, checked_at=NIGHT)
    Backup.objects.filter(pk=rows[3].pk).update(check_state=Check.FAILED, checked_at=NIGHT)
    elsewhere = made(NIGHT - timedelta(days=500), elsewhere=True)
    assert backup_rotation.rotate(now=NIGHT) > 270
    kept = {path.name for path in backup_folder.folder().glob("*.backup")}
    assert rows[299].file_name in kept
    assert rows[3].file_name not in kept, "one that does not hold takes no day's place"
    assert {row.file_name for row in rows[:3]} <= kept
    assert elsewhere.file_name in kept
    assert set(Backup.objects.kept().values_list("file_name", flat=True)) == kept - {elsewhere.file_name}
    assert backup_rotation.rotate(now=NIGHT) == 0


@pytest.mark.parametrize(
    ("changes", "health", "title"),
    [
        ({"check_state": Check.HOLDS, "checked_at": NIGHT}, Health.OK, None),
        ({}, Health.WARNING, None),
        ({"check_state": Check.FAILED, "checked_at": NIGHT, "check_problem": "damaged"}, Health.FAILURE,
         "A backup did not hold"),
        ({"began_at": NIGHT - timedelta(days=3)}, Health.FAILURE, "The backups are late"),
    ],
)  # fmt: skip
def test_how_it_stands_is_said(admin: Member, changes: dict[str, object], health: Health, title: str | None) -> None:
    made(NIGHT, **changes)
    with clock_at(NIGHT):
        assert check_backups().health is health
        assert [str(item.title) for item in backups_as_items(admin, NIGHT)] == ([title] if title else [])
        other = Member.objects.exclude(pk=admin.pk).first()
        assert other is not None
        assert backups_as_items(other, NIGHT) == []


def test_a_failed_backup_is_told_with_its_reason(admin: Member, client: Client) -> None:
    made(NIGHT - timedelta(days=3))
    made(NIGHT, state=BackupState.FAILED, problem="no-room", asked_at=NIGHT)
    client.force_login(admin)
    with clock_at(NIGHT):
        found = check_backups()
        page = client.get("/backups/").content.decode()
    assert found.health is Health.FAILURE
    assert "not enough room" in found.sentence
    assert "not enough room" in page


def test_the_page_asks_for_a_backup_and_shows_how_far_it_is(admin: Member, client: Client) -> None:
    client.force_login(admin)
    with clock_at(NIGHT):
        assert client.post("/backups/make/").status_code == 302
        row = Backup.objects.get()
        assert (row.asked_by, row.reason, row.state) == (admin, Reason.ASKED, BackupState.WAITING)
        assert client.post("/backups/make/").status_code == 409
        Backup.objects.update(state=BackupState.RUNNING, done_bytes=30, total_bytes=60)
        with backup_folder.locked(backup_folder.folder()):
            assert "50 %" in client.get("/backups/").content.decode()
            answer = client.get("/backups/progress/")
            assert "HX-Refresh" not in answer
        client.get("/backups/")
        assert client.get("/backups/progress/")["HX-Refresh"] == "true"
    assert Backup.objects.get().problem == "interrupted"


def test_a_file_is_taken_along_as_it_is(admin: Member, client: Client) -> None:
    row = made(NIGHT)
    client.force_login(admin)
    answer = client.get(f"/backups/{row.pk}/download/")
    assert b"".join(answer) == b"encrypted"
    assert row.file_name in answer["Content-Disposition"]
    (backup_folder.folder() / row.file_name).unlink()
    assert client.get(f"/backups/{row.pk}/download/").status_code == 404


def test_a_kit_is_shown_once_with_a_picture_and_no_script(admin: Member, client: Client) -> None:
    client.force_login(admin)
    kit = recovery_kits.in_force()
    assert kit is not None
    asked = client.post("/backups/recovery-kit/", {"instead_of": kit.key_id})
    assert asked.status_code == 302 and "/accounts/reauthenticate/" in asked["Location"]
    assert recovery_kits.in_force() == kit, "an unlocked screen is not enough"
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    answer = client.post("/backups/recovery-kit/", {"instead_of": kit.key_id})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert page.count("<svg") >= 2
    assert "style=" not in page
    again = client.post("/backups/recovery-kit/", {"instead_of": kit.key_id})
    assert again.status_code == 409
    assert "recovery-code" not in again.content.decode()
    assert RecoveryKit.objects.filter(retired_at=None).count() == 1


def test_the_folder_is_where_the_setting_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BACKUP_FOLDER", tmp_path)
    assert backup_folder.newest_file() is None
    (tmp_path / "community-ai-1.backup").touch()
    (tmp_path / "community-ai-2.backup").touch()
    (tmp_path / "community-ai-3.backup.part").touch()
    assert backup_folder.newest_file() == tmp_path / "community-ai-2.backup"
