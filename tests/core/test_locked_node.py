"""A node with a passphrase from its set-up on: it starts locked, is opened, and is locked again."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from community_ai.core.home import Home
from community_ai.core.key_agent import ask
from tests.nodes import RunningNode, manage


def status(node: RunningNode) -> int:
    try:
        with urllib.request.urlopen(f"{node.url}/accounts/login/", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def wait_for(node: RunningNode, *, locked: bool, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while status(node) not in ({503} if locked else {200}):
        assert time.monotonic() < deadline, node.said()[-2000:]
        time.sleep(0.2)


def test_a_node_starts_locked_is_opened_and_locked_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text("correct horse battery staple\n")
    wrong.write_text("another horse battery staple\n")
    assert manage(home, "setup", "--passphrase-file", str(right)).returncode == 0
    assert manage(home, "unlock", "--passphrase-file", str(right)).returncode == 2  # it does not run
    refused = manage(home, "migrate", "--check")
    assert (refused.returncode, "is locked" in refused.stderr) == (2, True)
    with RunningNode(home) as node:
        assert status(node) == 503
        assert "FAILURE keys" in manage(home, "doctor").stdout
        bad = manage(home, "unlock", "--passphrase-file", str(wrong))
        assert (bad.returncode, "not the passphrase" in bad.stderr) == (1, True)
        assert status(node) == 503
        assert manage(home, "unlock", "--passphrase-file", str(right)).returncode == 0
        wait_for(node, locked=False)
        assert manage(home, "migrate", "--check").returncode == 0
        answer = ask(Home(home), {"do": "key"})
        assert answer
        assert node.process is not None
        for process in [psutil.Process(node.process.pid), *psutil.Process(node.process.pid).children(recursive=True)]:
            assert answer["key"] not in f"{process.cmdline()} {process.environ()}"
        assert manage(home, "lock").returncode == 0
        wait_for(node, locked=True)
        assert node.child("web") is node.child("worker") is node.child("jobs") is None
