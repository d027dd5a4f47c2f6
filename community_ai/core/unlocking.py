"""How a process comes by what opens a key file with a passphrase: from who started it, or from the node's key agent.

Never through the environment or the command line, which other programs can read: what starts a process hands the key
over in a pipe, of which the environment names the number only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import NoReturn

from community_ai.core.home import Home
from community_ai.core.key_agent import ask, wait_for_lock
from community_ai.core.key_file import KEY_BYTES

PIPE = "COMMUNITY_AI_KEY_PIPE"
POLL_SECONDS = 1.0
END_SECONDS = 10.0

_handed_over: bytes | None = None


def opening_key(home: Home) -> bytes | None:
    """What opens this node's key file, or None while nobody opened it. The agent knows the present passphrase."""
    answer = ask(home, {"do": "key"})
    if answer and answer.get("key"):
        return bytes.fromhex(answer["key"])
    return _from_who_started()


def begin_again(argv: Sequence[str], *, key: bytes | None = None) -> NoReturn:
    """This process's program anew, with the settings read anew, and with the key if it is given."""
    if key is not None:
        reading, writing = os.pipe()
        os.write(writing, key)
        os.close(writing)
        os.set_inheritable(reading, True)
        os.environ[PIPE] = str(reading)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *argv])  # noqa: S606


def is_open(home: Home) -> bool:
    """Whether a running agent can give the key."""
    answer = ask(home, {"do": "state"})
    return bool(answer and answer.get("state") == "open")


def wait_until_open(home: Home) -> None:
    while not is_open(home):
        time.sleep(POLL_SECONDS)


def end_when_locked(home: Home) -> None:
    """Have this process end itself when the node is locked: what it knows must not stay in memory."""
    threading.Thread(target=_end_when_locked, args=(home,), name="end when locked", daemon=True).start()


def _end_when_locked(home: Home) -> None:
    if wait_for_lock(home):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(END_SECONDS)
        os._exit(1)


def _from_who_started() -> bytes | None:
    global _handed_over
    number = os.environ.pop(PIPE, "")
    if number.isdecimal():
        with contextlib.suppress(OSError), os.fdopen(int(number), "rb") as pipe:
            key = pipe.read(KEY_BYTES)
            _handed_over = key if len(key) == KEY_BYTES else None
    return _handed_over
