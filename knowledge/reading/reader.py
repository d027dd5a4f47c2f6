"""Reads a file in a process of its own and watches over it: see `child` for what that process may not do."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO

from knowledge.reading.document import CannotRead, Code, Document, Limits
from knowledge.reading.refusals import Unreadable
from knowledge.reading.wire import Assembly, NotUnderstood

CHECKOUT = Path(__file__).resolve().parents[2]
CHUNK = 1 << 16
LONGEST_NAME = 200
# What the end of a child means: processor time is up; or memory is (Rust aborts, the kernel kills, and Python ends with
# 1 when there is not even memory enough to say so).
_ENDS = {
    -signal.SIGXCPU: Code.TIMEOUT,
    -signal.SIGALRM: Code.TIMEOUT,
    -signal.SIGABRT: Code.MEMORY,
    -signal.SIGKILL: Code.MEMORY,
    1: Code.MEMORY,
}


def read(
    source: bytes | Path,
    *,
    name: str,
    limits: Limits | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Document:
    """The document in `source`, a file's content or its place; `name` is the name under which it was brought.

    `progress` is called with the parts that are done and all there are, where the file has parts. Raises Unreadable,
    and OSError when the place cannot be opened. Whatever is in the file, the calling process is safe.
    """
    limits = limits or Limits()
    assembly = Assembly()
    try:
        with _running(source, name, limits) as process:
            for line in _lines(process, limits):
                before = assembly.progress
                assembly.take(line)
                if assembly.progress and assembly.progress != before:
                    progress(*assembly.progress)
        if process.returncode:
            raise CannotRead(_ENDS.get(process.returncode, Code.DAMAGED))
        return assembly.document()
    except CannotRead as refusal:
        raise Unreadable(refusal.code, refusal.facts) from None
    except NotUnderstood:
        raise Unreadable(Code.DAMAGED) from None


@contextlib.contextmanager
def _running(source: bytes | Path, name: str, limits: Limits) -> Iterator[subprocess.Popen[bytes]]:
    """The child, fed with the file; at the end of the block it is gone, whatever happened."""
    with contextlib.ExitStack() as stack:
        if isinstance(source, Path):
            feed: int | IO[bytes] = stack.enter_context(_opened(source, limits))
        else:
            _check_size(len(source), limits)
            feed = subprocess.PIPE
        process = subprocess.Popen(  # noqa: S603 - our own program
            [
                sys.executable, "-X", "utf8", "-m", "knowledge.reading.child",
                name[-LONGEST_NAME:].replace("\0", ""), json.dumps(asdict(limits)),
            ],
            stdin=feed, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd=CHECKOUT, start_new_session=True,
        )  # fmt: skip
        feeder = threading.Thread(target=_feed, args=(process, source), daemon=True)
        try:
            if process.stdin is not None:
                feeder.start()
            yield process
            process.wait(timeout=limits.wall_seconds)
        except subprocess.TimeoutExpired:
            raise CannotRead(Code.TIMEOUT) from None
        finally:
            process.kill()
            process.wait()
            if feeder.ident is not None:
                feeder.join()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()


def _opened(path: Path, limits: Limits) -> IO[bytes]:
    """Opened without waiting: a named pipe has no end, and is no file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    facts = os.fstat(descriptor)
    try:
        if not stat.S_ISREG(facts.st_mode):
            raise CannotRead(Code.UNKNOWN_TYPE)
        _check_size(facts.st_size, limits)
    except CannotRead:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def _check_size(size: int, limits: Limits) -> None:
    if size > limits.file_bytes:
        raise CannotRead(Code.TOO_LARGE, limit=limits.file_bytes >> 20)


def _feed(process: subprocess.Popen[bytes], source: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - for the type checker
    with contextlib.suppress(OSError):  # a child that has seen enough closes its end
        process.stdin.write(source)
        process.stdin.close()


def _lines(process: subprocess.Popen[bytes], limits: Limits) -> Iterator[bytes]:
    """The child's lines as they come. Raises CannotRead: TIMEOUT, or TOO_MUCH_TEXT when it says too much."""
    assert process.stdout is not None  # noqa: S101 - for the type checker
    deadline = time.monotonic() + limits.wall_seconds
    descriptor, said, rest = process.stdout.fileno(), 0, bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise CannotRead(Code.TIMEOUT)
            chunk = os.read(descriptor, CHUNK)
            if not chunk:
                return
            said += len(chunk)
            if said > limits.output_bytes:
                raise CannotRead(Code.TOO_MUCH_TEXT, limit=limits.characters // 1_000_000)
            *lines, tail = chunk.split(b"\n")
            if lines:
                yield bytes(rest + lines[0])
                yield from lines[1:]
                rest = bytearray(tail)
            else:
                rest += tail
