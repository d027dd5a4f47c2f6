"""Real nodes for tests: the operator's commands as their own processes over a throw-away data folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, **extra: str) -> dict[str, str]:
    """This process's environment, pointed at another data folder and SQLCipher."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("COMMUNITY_AI_")}
    env.pop("DATABASE_URL", None)
    env.update(
        COMMUNITY_AI_HOME=str(home), DJANGO_SETTINGS_MODULE="community_ai.settings", HF_HUB_OFFLINE="1", **extra
    )
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
    """Every file with its content, to see that nothing was created or changed."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
