"""A missing, wrong, damaged or exposed key: a sentence, exit 2, nothing created, nothing overwritten."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from community_ai.core.home import Home
from community_ai.core.keystore import (
    KeyExists,
    KeyMissing,
    NodeKey,
    create_node_key,
    key_path,
    load_node_key,
)
from tests.nodes import files_below, manage


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("node") / "home"
    result = manage(folder, "setup")
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def node(prepared: Path, tmp_path: Path) -> Home:
    """A copy of a node that was set up."""
    shutil.copytree(prepared, tmp_path / "home", ignore=shutil.ignore_patterns("static", "models"))
    return Home(tmp_path / "home")


def lose(home: Home) -> None:
    key_path(home).unlink()


def expose(home: Home) -> None:
    key_path(home).chmod(0o644)


def open_folder(home: Home) -> None:
    home.keys.chmod(0o755)


def cut(home: Home) -> None:
    key_path(home).write_text("abc123\n")


def swap(home: Home) -> None:
    key_path(home).write_text("00" * 32 + "\n")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lose, "is missing"),
        (expose, "chmod 600"),
        (open_folder, "chmod 700"),
        (cut, "is damaged"),
        (swap, "does not open"),
    ],
)
@pytest.mark.parametrize("command", [("migrate",), ("setup",), ("web",), ("up",)])
def test_a_spoilt_key_stops_every_command_and_changes_nothing(
    node: Home, spoil: Callable[[Home], None], words: str, command: tuple[str, ...]
) -> None:
    spoil(node)
    before = files_below(node.root)
    result = manage(node.root, *command)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert files_below(node.root) == before


def test_doctor_names_a_spoilt_key_and_its_cure(node: Home) -> None:
    lose(node)
    result = manage(node.root, "doctor")
    assert result.returncode == 1
    assert "FAILURE keys" in result.stdout
    assert "is missing" in result.stdout


def test_commands_before_the_set_up_create_nothing(tmp_path: Path) -> None:
    result = manage(tmp_path / "nothing", "migrate")
    assert result.returncode == 2
    assert "make run" in result.stderr
    assert not (tmp_path / "nothing").exists()


def test_set_up_twice_keeps_key_and_rows(node: Home) -> None:
    before = key_path(node).read_bytes()
    assert manage(node.root, "setup").returncode == 0
    assert key_path(node).read_bytes() == before
    assert manage(node.root, "migrate", "--check").returncode == 0


def test_a_key_is_written_for_its_owner_alone_and_never_twice(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    key = create_node_key(home)
    assert load_node_key(home) == key
    assert stat.S_IMODE(key_path(home).stat().st_mode) == 0o600
    assert all(stat.S_IMODE(folder.stat().st_mode) == 0o700 for folder in home.folders())
    with pytest.raises(KeyExists):
        create_node_key(home)


def test_a_database_without_its_key_never_gets_a_new_one(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    home.database.touch()
    with pytest.raises(KeyMissing, match="is missing"):
        create_node_key(home)


def test_derived_keys_differ_and_stay_the_same() -> None:
    key = NodeKey(bytes(range(32)))
    assert key.derive("database") == key.derive("database") != key.derive("personal-keys")
    assert NodeKey(bytes(32)).derive("database") != key.derive("database")
    assert "secret" not in repr(key)
    with pytest.raises(ValueError, match="purpose"):
        key.derive("a purpose that is too long")
