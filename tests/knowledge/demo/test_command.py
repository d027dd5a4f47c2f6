"""The command itself, on a fresh computer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from governance.models import Community, Member
from knowledge.management.commands.demo import _phrase
from tests.nodes import ROOT, environment


def manage(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_from_nothing_to_a_community_that_lives(tmp_path: Path) -> None:
    """It makes the key and the database, founds, prints what one signs in with, and does it only once."""
    home = tmp_path / "home"
    done = manage(home, "demo", "language", "--home-must-be-empty")
    assert done.returncode == 0, done.stderr
    assert "is founded: 15 members" in done.stdout
    printed = [line.split() for line in done.stdout.splitlines() if line.endswith(")") and line.startswith("  ")]
    assert len(printed) == 15
    assert len({phrase for _name, phrase, *_rest in printed}) == 15
    assert manage(home, "verify_audit").returncode == 0
    doctor = manage(home, "doctor")
    assert "This is a demonstration" in doctor.stdout
    assert "was not made by a vote" not in doctor.stdout.lower()
    again = manage(home, "demo", "coop")
    assert again.returncode != 0
    assert "has a community already" in again.stderr
    empty = manage(home, "demo", "coop", "--home-must-be-empty")
    assert empty.returncode != 0
    assert "There is a node in" in empty.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["short", "12345678", "password"])
def test_a_pass_phrase_that_nobody_may_choose(password: str) -> None:
    with pytest.raises(CommandError):
        call_command("demo", "coop", "--password", password)
    assert not Community.objects.exists()
    assert not Member.objects.exists()


def test_pass_phrases_are_random_and_easy_to_read_aloud() -> None:
    made = {_phrase() for _ in range(200)}
    assert len(made) == 200
    assert all(len(phrase.split("-")) == 5 and phrase.replace("-", "").isalpha() for phrase in made)
