"""A folder that somebody adds to the data folder is in the backups, or here with a reason."""

from __future__ import annotations

from pathlib import Path

from community_ai.core.home import Home
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
