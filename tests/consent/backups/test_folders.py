"""A folder that somebody adds to the data folder is in the backups, or here with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from community_ai.core.doctor import Health
from community_ai.core.home import Home
from consent.backup_states import check_set_aside
from consent.backups.names import FOLDERS

LEFT_OUT = {
    "keys",  # the key file goes in by itself, locked; keys of open secret votes must not be anywhere else
    "backups",
    "logs",
    "run",
}


def test_every_folder_is_in_the_backups_or_left_out_on_purpose() -> None:
    root = Path("node")
    folders = {folder.name for folder in Home(root).folders() if folder != root}
    assert folders == set(FOLDERS) | LEFT_OUT


def test_the_doctor_tells_of_a_folder_that_erasures_do_not_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HOME", Home(tmp_path / "node"))
    (tmp_path / "node").mkdir()
    assert check_set_aside().health is Health.OK
    (tmp_path / "node.before-restore-1").mkdir()
    assert check_set_aside().health is Health.WARNING
