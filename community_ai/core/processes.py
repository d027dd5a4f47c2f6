"""Child processes that never outlive their parent, and the supervisor that keeps the node's three alive."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
# A process that lived this long starts again without a pause.
STEADY_SECONDS = 20.0


def die_with_parent(sign: int = signal.SIGTERM) -> None:
    """Ask Linux to send `sign` to this process when its parent dies, kill -9 included (prctl(2)). Nothing elsewhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, sign)


def no_core_dumps() -> None:
    """A process that crashes leaves no copy of its memory, with the keys in it, on the disk; nor do its children."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def set_session_niceness(niceness: int) -> None:
    """Make this process's session give way to others as its niceness says.

    Linux schedules sessions as groups of equal weight ("autogroup", sched(7)): nice alone counts only among the
    processes of one session. Without privileges one write in a tenth of a second is allowed on the whole machine.
    """
    group = Path("/proc/self/autogroup")
    for _ in range(10 if niceness and group.exists() else 0):
        try:
            group.write_text(str(niceness))
        except BlockingIOError:
            time.sleep(0.11)
        except OSError:
            return
        else:
            return


@dataclass
class Child:
    """One process to keep alive; `niceness` is added to the supervisor's own."""

    name: str
    command: Sequence[str]
    niceness: int = 0
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause: float = field(default=FIRST_PAUSE_SECONDS)

    def start(self, *, at: float) -> None:
        parent = os.getpid()

        def prepare() -> None:
            die_with_parent(signal.SIGTERM)
            os.nice(self.niceness)
            set_session_niceness(self.niceness)
            if os.getppid() != parent:  # the parent died before the wish was registered
                os._exit(1)

        # A session of its own: its whole group can be ended, grandchildren included.
        self.process = subprocess.Popen(self.command, start_new_session=True, preexec_fn=prepare)  # noqa: S603
        self.started_at = at

    def signal_group(self, sign: int) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, sign)


class Supervisor:
    """Starts children, restarts what dies (with a growing pause), stops all on request."""

    def __init__(self, children: Sequence[Child], *, say: Callable[[str], None]) -> None:
        self.children = list(children)
        self.say = say
        self._stopping = False

    def request_stop(self, *_signal: object) -> None:
        self._stopping = True

    def start(self) -> None:
        for child in self.children:
            child.start(at=time.monotonic())

    def watch(self, *, until: Callable[[], bool] = lambda: False, every_seconds: float = 0.2) -> None:
        """Keep the children alive until a stop is requested or `until()` is true."""
        while not self._stopping and not until():
            for child in self.children:
                self._look_after(child, time.monotonic())
            time.sleep(every_seconds)

    @property
    def stopping(self) -> bool:
        return self._stopping

    def _look_after(self, child: Child, at: float) -> None:
        process = child.process
        if process is None:
            if at >= child.start_again_at:
                child.start(at=at)
            return
        code = process.poll()
        if code is None:
            return
        # What the dead process started itself must not live on beside its successor.
        child.signal_group(signal.SIGKILL)
        child.pause = (
            FIRST_PAUSE_SECONDS
            if at - child.started_at > STEADY_SECONDS
            else min(child.pause * 2, LONGEST_PAUSE_SECONDS)
        )
        child.process = None
        child.start_again_at = at + child.pause
        how = f"was ended by signal {-code}" if code < 0 else f"stopped with exit code {code}"
        self.say(f"{child.name} {how}; it starts again in {child.pause:.0f} s.")

    def stop(self) -> None:
        """End all children: politely, then by force after STOP_SECONDS."""
        self._stopping = True
        running = [child for child in self.children if child.process is not None]
        for child in running:
            # Only the process itself: it knows in which order to end its own children.
            child.process.terminate()  # type: ignore[union-attr]
        deadline = time.monotonic() + STOP_SECONDS
        for child in running:
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))  # type: ignore[union-attr]
            except subprocess.TimeoutExpired:
                self.say(f"{child.name} did not stop in time and is ended.")
            child.signal_group(signal.SIGKILL)
            child.process.wait()  # type: ignore[union-attr]
            child.process = None
