"""Logs without personal text, at any level and from any library.

No list of forbidden words could hold that promise, so only what stands in the program itself is written:

- a message, if it stands so in the code that logs it; of any other message only the place in the code is written;
- of what is put into it: numbers, times, keys of rows, members of enumerations, and text that is marked as `Plain`;
- of an error: its class, the places in the code, and its words if they stand so in the code that raised it.

`configure` makes this the way in which every record of the process is made (`logging.setLogRecordFactory`), so it holds
for every handler, whoever added it, and for what would go to the terminal without a handler.
"""

from __future__ import annotations

import logging
import logging.config
import os
import re
import sys
import sysconfig
import threading
import traceback
import warnings
from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from enum import Enum
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any
from uuid import UUID

from django.conf import settings

logger = logging.getLogger(__name__)

HIDDEN = "…"
MOST_FRAMES = 40
MOST_CAUSES = 8
_CHECKOUT = str(Path(__file__).resolve().parents[2]) + os.sep
_LIBRARIES = tuple(sysconfig.get_path(name) + os.sep for name in ("purelib", "platlib", "stdlib"))
# SQLite's own sentences that name tables and columns at most.
_OF_THE_DATABASE = re.compile(
    r"(database is locked|disk I/O error|database or disk is full|database disk image is malformed"
    r"|file is not a database|attempt to write a readonly database|FOREIGN KEY constraint failed"
    r"|(UNIQUE|NOT NULL|CHECK) constraint failed: [\w., ]+)\Z"
)
_make_record = logging.LogRecord


class Plain(str):
    """Text about the program or the machine, never about a person: whoever wraps it vouches for that."""

    __slots__ = ()


def configure(config: Mapping[str, Any]) -> None:
    """Django's LOGGING_CONFIG: called with settings.LOGGING in every process, before anything is logged."""
    logging.setLogRecordFactory(record_without_text)
    logging.config.dictConfig(dict(config))
    # What would print an error with its words past all logging. A person at a terminal sees what they did themselves.
    if not (sys.stderr.isatty() or settings.DEBUG):
        sys.excepthook = _uncaught
    threading.excepthook = lambda thread: _uncaught(thread.exc_type, thread.exc_value, thread.exc_traceback)
    sys.unraisablehook = lambda lost: _uncaught(lost.exc_type, lost.exc_value, lost.exc_traceback)
    warnings.showwarning = _warned


def record_without_text(
    name: str,
    level: int,
    path: str,
    line: int,
    message: object,
    args: Any,
    exc_info: Any,
    function: str | None = None,
    stack: str | None = None,
    **more: Any,
) -> logging.LogRecord:
    """A record whose message and traceback hold nothing of a person; it is complete and has no arguments."""
    text = _message(message, args, path, line)
    record = _make_record(name, level, path, line, text, None, None, function, None, **more)
    error = exc_info[1] if isinstance(exc_info, tuple) else None
    if error is not None:
        record.exc_text = traceback_of(error)  # a formatter takes it instead of making its own
    return record


def traceback_of(error: BaseException) -> str:
    """Where an error and its causes came from, the first cause first, in places of the code and words of it."""
    lines: list[str] = []
    for one in reversed(list(_causes(error))):
        frames = list(traceback.walk_tb(one.__traceback__))
        lines += [
            f"  {place_of(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
            for frame, line in frames[-MOST_FRAMES:]
        ]
        lines.append(words_of(one))
    return "\n".join(lines)


def words_of(error: BaseException) -> str:
    """The class of an error, and its words where they stand in the program or are the system's own."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    words = _own_words(error)
    return f"{name}: {words}" if words else name


def place_of(file: str) -> str:
    """A file of code, from the checkout or its library on."""
    for start in (_CHECKOUT, *_LIBRARIES):
        if file.startswith(start):
            return file[len(start) :]
    return Path(file).name


class RouteOnly(logging.Filter):
    """Says at which address a request failed by the address's pattern, never by what was asked for."""

    def filter(self, record: logging.LogRecord) -> bool:
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        if match is not None:
            record.msg = f"{record.msg} [{match.route}]"
        return True


def _message(message: object, args: Any, path: str, line: int) -> str:
    if isinstance(message, BaseException):
        return words_of(message)
    code = _code_at(path, line)
    if not isinstance(message, Plain) and not (isinstance(message, str) and _stands_in(message, code)):
        return f"{HIDDEN} ({place_of(path)}:{line})"
    if not args:
        return str(message)
    shown = {key: _shown(value) for key, value in args.items()} if isinstance(args, Mapping) else tuple(
        _shown(value) for value in args
    )  # fmt: skip
    try:
        return str(message % shown)
    except (TypeError, ValueError, KeyError):  # a number was asked for where something is hidden
        return str(message)


def _shown(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | UUID | date | time | timedelta):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Plain):
        return str(value)
    if isinstance(value, BaseException):
        return words_of(value)
    return HIDDEN


def _code_at(path: str, line: int) -> CodeType | None:
    """The code that is logging just now: it is on this thread's stack."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_lineno == line and frame.f_code.co_filename == path:
            return frame.f_code
        frame = frame.f_back
    return None


def _stands_in(text: str, code: CodeType | None) -> bool:
    return code is not None and any(type(constant) is str and constant == text for constant in code.co_consts)


def _own_words(error: BaseException) -> str:
    if getattr(error, "ABOUT_THE_PROGRAM", False):
        return str(error)
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    if not error.args or not isinstance(error.args[0], str):
        return ""
    words = error.args[0]
    raised_in = None
    for frame, _line in traceback.walk_tb(error.__traceback__):
        raised_in = frame.f_code
    return words if _stands_in(words, raised_in) or _OF_THE_DATABASE.match(words) else ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    for _ in range(MOST_CAUSES):
        if one is None:
            return
        yield one
        if isinstance(one, BaseExceptionGroup):
            yield from one.exceptions[:MOST_CAUSES]
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if error is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logger.critical("An error that nobody dealt with", exc_info=(kind, error, trace))


def _warned(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: Any = None
) -> None:
    logger.warning("%s at %s:%d", Plain(category.__name__), Plain(place_of(filename)), lineno)
