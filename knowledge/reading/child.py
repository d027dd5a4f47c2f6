"""The process that reads one file: `python -m knowledge.reading.child NAME LIMITS`, the file on standard input.

It holds nothing worth stealing (no environment, no key, no database) and gives most of its rights away before it looks
at the first byte: memory, processor time, open files and its own life are bounded, it cannot write to a file or start a
process, and Python refuses it sockets. Output: the lines of `wire`.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import BinaryIO

from community_ai.core.processes import die_with_parent
from knowledge.reading import wire
from knowledge.reading.document import Budget, CannotRead, Code, Document, Kind, Limits
from knowledge.reading.signatures import kind_of

# Module and function for each kind; a parser is loaded only for the kind that needs it.
READERS = {
    Kind.TEXT: ("plain", "read"),
    Kind.MARKDOWN: ("markdown", "read"),
    Kind.CSV: ("delimited", "read_csv"),
    Kind.TSV: ("delimited", "read_tsv"),
    Kind.XLSX: ("spreadsheet", "read_xlsx"),
    Kind.ODS: ("spreadsheet", "read_ods"),
    Kind.DOCX: ("docx", "read"),
    Kind.ODT: ("odt", "read"),
    Kind.PDF: ("pdf", "read"),
    Kind.EPUB: ("epub", "read"),
    Kind.EXPORT: ("export", "read"),
}
OPEN_FILES = 32
NICENESS = 10
# Audit events (docs.python.org/3/library/audit_events.html) of which reading a file needs none.
_REFUSED = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "ctypes.",
            "os.remove", "os.rename", "os.kill", "shutil.", "urllib.", "ftplib.", "smtplib.")  # fmt: skip


def give_rights_away(limits: Limits) -> None:
    """Bound this process, for good."""
    for what, bound in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (bound, bound))
    # At the lower bound comes SIGXCPU, which says why the process ended; at the upper one SIGKILL.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 2))
    signal.alarm(limits.wall_seconds + 1)  # should the parent not be there to end it

    def refuse(event: str, _: object) -> None:
        if event.startswith(_REFUSED):
            raise PermissionError(event)

    sys.addaudithook(refuse)


def read(data: bytes, *, name: str, budget: Budget) -> Document:
    """The document in `data`. Raises CannotRead, and MemoryError where the process may not have more."""
    if len(data) > budget.limits.file_bytes:
        raise CannotRead(Code.TOO_LARGE, limit=budget.limits.file_bytes >> 20)
    try:
        kind = kind_of(data, name=name, limits=budget.limits)
        module, function = READERS[kind]
        reader: Callable[..., Document] = getattr(import_module(f"knowledge.reading.formats.{module}"), function)
        return reader(data, budget=budget)
    except (CannotRead, MemoryError):
        raise
    except BaseException as problem:  # a parser's own fault, a Rust panic among them
        if isinstance(problem, KeyboardInterrupt | SystemExit):
            raise
        raise CannotRead(Code.MEMORY if _began_with_memory(problem) else Code.DAMAGED) from None


def _began_with_memory(problem: BaseException) -> bool:
    """Whether a parser turned a lack of memory into a fault of its own."""
    seen: BaseException | None = problem
    while seen is not None and not isinstance(seen, MemoryError):
        seen = seen.__cause__ or seen.__context__
    return seen is not None


def main() -> None:
    name, limits = sys.argv[1], replace(Limits(), **json.loads(sys.argv[2]))
    die_with_parent(signal.SIGKILL)
    os.nice(NICENESS)
    give_rights_away(limits)
    out: BinaryIO = sys.stdout.buffer
    last_words = wire.line_of_refusal(CannotRead(Code.MEMORY))

    def progress(done: int, total: int) -> None:
        out.write(wire.line_of_progress(done, total))
        out.flush()

    try:
        data = sys.stdin.buffer.read(limits.file_bytes + 1)
        for line in wire.lines_of(read(data, name=name, budget=Budget(limits, progress))):
            out.write(line)
    except CannotRead as refusal:
        out.write(wire.line_of_refusal(refusal))
    except MemoryError:
        os.write(out.fileno(), last_words)
        os._exit(0)  # an orderly end might need memory, too
    out.flush()


if __name__ == "__main__":
    main()
