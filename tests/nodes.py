"""Real nodes for tests: the operator's commands as their own processes over a throw-away data folder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

import psutil

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, **extra: str) -> dict[str, str]:
    """This process's environment, pointed at another data folder and SQLCipher."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("COMMUNITY_AI_")}
    env.pop("DATABASE_URL", None)
    env.update(COMMUNITY_AI_HOME=str(home), DJANGO_SETTINGS_MODULE="community_ai.settings", HF_HUB_OFFLINE="1", **extra)
    return env


def manage(home: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end and return what it said."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment(home, **extra),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file with its content, to see that nothing was created or changed. A log may have said why."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.parent != folder / "logs")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


class RunningNode:
    """`manage.py up` over a data folder, on a loopback port of its own, until the block ends."""

    def __init__(self, home: Path, *, port: int | None = None, log: Path | None = None) -> None:
        self.home = home
        self.port = port or free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = log or home.with_name(home.name + ".log")
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "up"],
                env=environment(self.home, COMMUNITY_AI_URL=self.url),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait_until_ready(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not self.answers():
            ended = self.process is not None and self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise RuntimeError(f"the node did not start:\n{self.said()[-3000:]}")
            time.sleep(0.1)

    def answers(self) -> bool:
        """Whether a page is served; an error page of the node counts."""
        try:
            with urllib.request.urlopen(f"{self.url}/accounts/login/", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def child(self, command: str) -> psutil.Process | None:
        """The process that runs `manage.py COMMAND` for this node, if it lives now."""
        assert self.process is not None
        for process in psutil.Process(self.process.pid).children():
            try:
                if command in process.cmdline():
                    return process
            except psutil.NoSuchProcess:
                continue
        return None
