"""A throw-away node, and processes that work on it and are killed: for scripts that look whether anything is half."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from community_ai.core.home import Home


@contextmanager
def throw_away_node(prefix: str) -> Iterator[Home]:
    """A data folder with a key and an empty SQLCipher database, and Django set up for it; removed at the end."""
    from community_ai.core.home import Home
    from community_ai.core.keystore import create_node_key

    folder = tempfile.mkdtemp(prefix=prefix)
    try:
        home = Home(Path(folder).resolve() / "home")
        home.create()
        create_node_key(home)
        home.database.touch(mode=0o600)
        os.environ.update(COMMUNITY_AI_HOME=str(home.root), DJANGO_SETTINGS_MODULE="community_ai.settings")
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        yield home
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def in_child(work: Callable[[], None], *, kill_after: float | None = None) -> int:
    """Exit code of a process that does the work, minus the signal that ended it."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
