"""Nothing that a person wrote, is called or holds in their hand stands in a log, at any level."""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import pytest

from community_ai.core import log_files, logs
from community_ai.core.logs import Plain, traceback_of, words_of
from community_ai.core.management.commands.jobs import FailedJobs
from inference.engine.engine import FailureCode

MARK = "zq-marker-of-ana"
log = logging.getLogger("tests.logs")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a handler of somebody else, with a formatter of their own, writes at the lowest level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s %(args)s"))
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def test_a_message_of_the_program_is_written_and_what_is_put_into_it_is_hidden(written: io.StringIO) -> None:
    log.debug("%s said %s to %d of %s", MARK, {"words": MARK}, 3, UUID(int=7))
    assert "… said … to 3 of 00000000-0000-0000-0000-000000000007" in written.getvalue()
    log.info("The answer ended: %s, %s", FailureCode.BUSY, Plain("llama"))
    assert f"The answer ended: {FailureCode.BUSY.value}, llama" in written.getvalue()
    assert MARK not in written.getvalue()


@pytest.mark.parametrize(
    "say",
    [
        lambda: log.error(f"{MARK} wrote"),
        lambda: log.error(MARK),
        lambda: log.error("a %s" % MARK),  # noqa: UP031
        lambda: log.error(ValueError(MARK)),
        lambda: log.error("number %d", MARK),
        lambda: log.error("%(who)s wrote", {"who": MARK}),
        lambda: log.error("%s", [MARK]),
        lambda: log.error("failed", exc_info=ValueError(MARK)),
        lambda: log.error("here", stack_info=True, extra={"name_of_her": MARK}),
        lambda: logs._warned(UserWarning(MARK), UserWarning, "a.py", 3),
        lambda: logging.getLogger("asyncio").error(f"Task exception was never retrieved {MARK}"),
    ],
)  # fmt: skip
def test_whatever_way_text_comes_it_is_not_written(say: object, written: io.StringIO) -> None:
    say()  # type: ignore[operator]
    assert written.getvalue().strip() != ""
    assert MARK not in written.getvalue()


def test_a_message_that_was_put_together_is_replaced_by_its_place(written: io.StringIO) -> None:
    log.error(f"{MARK} wrote")
    assert "… (tests/core/test_logs.py:" in written.getvalue()


def _raise_with(text: str) -> None:
    try:
        raise KeyError(text)
    except KeyError as error:
        raise ValueError(f"not {text}") from error


def test_a_traceback_says_where_and_what_class_and_no_words(written: io.StringIO) -> None:
    try:
        _raise_with(MARK)
    except ValueError:
        log.exception("It failed")
    text = written.getvalue()
    assert "tests/core/test_logs.py:" in text
    assert text.index("KeyError") < text.index("ValueError")
    assert "_raise_with" in text
    assert MARK not in text


def test_words_of_the_program_and_of_the_system_stay() -> None:
    def failing() -> None:
        raise ValueError("the cupboard is empty")

    with pytest.raises(ValueError, match="cupboard") as raised:
        failing()
    assert words_of(raised.value) == "ValueError: the cupboard is empty"
    assert words_of(FileNotFoundError(2, "no", MARK)) == "FileNotFoundError: No such file or directory"
    assert words_of(RuntimeError("database is locked")) == "RuntimeError: database is locked"
    assert words_of(RuntimeError(f"UNIQUE constraint failed: {MARK}; more")) == "RuntimeError"
    assert words_of(UnicodeDecodeError("utf-8", MARK.encode(), 0, 1, "bad")) == "UnicodeDecodeError"


def test_a_group_of_errors_names_each() -> None:
    text = traceback_of(ExceptionGroup("many", [ValueError(MARK), TypeError(MARK)]))
    assert {"ValueError", "TypeError"} <= set(text.split())
    assert MARK not in text


def test_errors_that_nobody_dealt_with_go_the_same_way(written: io.StringIO, capsys: pytest.CaptureFixture) -> None:
    logs._uncaught(ValueError, ValueError(MARK), None)
    assert "An error that nobody dealt with" in written.getvalue()
    assert "ValueError" in written.getvalue()
    assert sys.excepthook is logs._uncaught
    try:
        raise LookupError(MARK)
    except LookupError:
        FailedJobs().report()
    assert "A job failed" in written.getvalue()
    assert MARK not in written.getvalue() + "".join(capsys.readouterr())


def test_a_thread_that_dies_says_no_words(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        threading,
        "excepthook",
        lambda thread: logs._uncaught(thread.exc_type, thread.exc_value, thread.exc_traceback),
    )

    def fail() -> None:
        raise ValueError(MARK + "!")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert "ValueError" in written.getvalue()
    assert MARK not in written.getvalue()


def _line(text: str, day: str) -> logging.LogRecord:
    record = logging.makeLogRecord({"msg": text, "levelname": "INFO"})
    record.created = datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()
    return record


def test_each_day_has_its_file_which_ends_when_it_is_full_and_goes_when_it_is_old(tmp_path: Path) -> None:
    handler = log_files.DayFiles(tmp_path, most_bytes=30)
    for number in range(5):
        handler.emit(_line(f"line number {number}", "2026-11-01"))
    handler.emit(_line("the next day", "2026-11-02"))
    assert (tmp_path / "2026-11-01.log").read_text().count("\n") == 3
    assert (tmp_path / "2026-11-01.log").stat().st_mode & 0o777 == 0o600
    assert list(log_files.last_lines(tmp_path, 2)) == ["line number 2", "the next day"]
    (tmp_path / "notes.log").write_text("not ours")
    assert log_files.remove_before(tmp_path, date(2026, 11, 2)) == 1
    assert log_files.days(tmp_path) == [(date(2026, 11, 2), tmp_path / "2026-11-02.log")]
    log_files.DayFiles(tmp_path / "absent", most_bytes=30).emit(_line("nowhere", "2026-11-01"))


def test_without_room_nothing_is_kept(tmp_path: Path) -> None:
    log_files.DayFiles(tmp_path, most_bytes=0).emit(_line("a line", "2026-11-01"))
    assert log_files.days(tmp_path) == []
