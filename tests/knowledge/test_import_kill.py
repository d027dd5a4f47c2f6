"""A power cut in the middle of an import, with real processes: nothing is half there, and nothing comes twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.knowledge.importing import csv_of
from tests.nodes import ROOT, environment, manage

COUNT = 1_200
FOUND = """
from community_ai.core.clock import now
from governance.services import founding
password = "a long enough pass phrase"
founding.found_community(name="Weavers", language="en", username="Rosa", password=password, now=now())
"""
LOOK = """
import json
from knowledge.models import Entry, EntryVersion, ImportedEntry, Passage
states = [Entry.objects.filter(state=state).count() for state in ("draft", "published")]
print(json.dumps([*states, EntryVersion.objects.count(), ImportedEntry.objects.count(), Passage.objects.count()]))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A founded node; its founder may import."""
    folder = tmp_path / "home"
    assert manage(folder, "setup").returncode == 0
    founded = manage(folder, "shell", "-v", "0", "-c", FOUND)
    assert founded.returncode == 0, founded.stderr
    return folder


def counts(home: Path) -> list[int]:
    """Drafts, published entries, versions, rows of the import, passages."""
    looked = manage(home, "shell", "-v", "0", "-c", LOOK)
    found: list[int] = json.loads(looked.stdout)
    return found


def killed_at(home: Path, words: Path, *, done: int) -> None:
    """Import until so many are written, then pull the plug."""
    command = [sys.executable, str(ROOT / "manage.py"), "import_knowledge", str(words), "--member", "Rosa"]
    with subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip().startswith(f"{done} of"):
                break
        process.kill()


def test_killed_again_and_again_it_comes_in_once(home: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.csv"
    words.write_bytes(csv_of(COUNT))
    for done in (200, 600, COUNT):
        killed_at(home, words, done=done)
        drafts, published, versions, rows, passages = counts(home)
        assert drafts == versions == rows
        assert drafts >= done or published == COUNT
        assert published in {0, COUNT}
        assert passages == published
    ended = manage(home, "import_knowledge", str(words), "--member", "Rosa")
    assert "1200 entries are part of the knowledge now" in ended.stdout or "nothing new" in ended.stderr
    assert counts(home) == [0, COUNT, COUNT, COUNT, COUNT]
    assert list((home / "imports").iterdir()) == []
    verified = manage(home, "verify_audit")
    assert verified.returncode == 0, verified.stdout
