"""The supervisor restarts what dies and leaves nothing behind, its own kill -9 included."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from community_ai.core.processes import Child, Supervisor, no_core_dumps
from tests.house.tree import ROOT

# A child that starts a grandchild and writes both ids.
FAMILY = """
import os, subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(sys.argv[1], "a").write(f"{os.getpid()} {grandchild.pid}\\n")
time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def families(path: Path) -> list[tuple[int, int]]:
    if not path.exists():
        return []
    return [tuple(map(int, line.split())) for line in path.read_text().splitlines()]  # type: ignore[misc]


def test_a_killed_child_starts_again_and_its_grandchildren_do_not_stay(tmp_path: Path) -> None:
    log = tmp_path / "log"
    said: list[str] = []
    supervisor = Supervisor([Child("The family", [sys.executable, "-c", FAMILY, str(log)])], say=said.append)
    supervisor.start()
    try:
        supervisor.watch(until=lambda: len(families(log)) == 1, every_seconds=0.05)
        first, grandchild = families(log)[0]
        os.kill(first, signal.SIGKILL)
        supervisor.watch(until=lambda: len(families(log)) == 2, every_seconds=0.05)
        assert wait_for(lambda: not alive(grandchild))
        assert "ended by signal 9" in said[0]
    finally:
        supervisor.stop()
    assert wait_for(lambda: not any(alive(pid) for family in families(log) for pid in family))


def test_children_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = (
        "import sys\n"
        "from community_ai.core.processes import Child, Supervisor\n"
        "s = Supervisor([Child('c', [sys.executable, '-c', 'import os, sys, time; "
        'open(sys.argv[1], "a").write(f"{os.getpid()} {os.getpid()}\\\\n"); time.sleep(60)\', sys.argv[1]])], say=print)\n'  # noqa: E501
        "s.start(); s.watch()\n"
    )
    root = Path(__file__).resolve().parent.parent.parent
    parent = subprocess.Popen([sys.executable, "-c", program, str(log)], cwd=root)
    try:
        assert wait_for(lambda: len(families(log)) == 1)
    finally:
        parent.kill()
        parent.wait()
    assert wait_for(lambda: not alive(families(log)[0][0]))


def test_a_child_gives_way_in_its_own_session_too() -> None:
    supervisor = Supervisor([Child("Sleeper", ["sleep", "60"], niceness=3)], say=lambda _line: None)
    supervisor.start()
    try:
        process = supervisor.children[0].process
        assert process is not None
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 3
        group = Path(f"/proc/{process.pid}/autogroup")
        assert not group.exists() or group.read_text().split()[-1] == "3"
    finally:
        supervisor.stop()


def test_a_crash_leaves_no_keys_on_the_disk() -> None:
    child = os.fork()
    if not child:
        no_core_dumps()
        os._exit(0 if resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert "    no_core_dumps()\n" in (ROOT / "manage.py").read_text("utf-8")
