"""The process that reads can do nothing else, and cannot outlast its limits."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from knowledge.reading import wire
from knowledge.reading.document import MEGABYTE, Code, Document, Kind, Limits, Section, Table
from knowledge.reading.reader import CHECKOUT, read
from knowledge.reading.refusals import Unreadable
from knowledge.reading.wire import Assembly, NotUnderstood
from tests.knowledge.reading.samples import S, docx, docx_paragraph, epub, pdf, repacked, xlsx

PRELUDE = """
import os, socket, subprocess, sys, threading
from dataclasses import replace
from knowledge.reading.child import give_rights_away
from knowledge.reading.document import Limits
give_rights_away(replace(Limits(), wall_seconds=20))
"""


def attempt(code: str) -> str:
    """What became of `code` in a process that gave its rights away: the name of the exception, "done" or a signal."""
    ending = "except BaseException as problem:\n    print(type(problem).__name__)"
    tried = f"{PRELUDE}\ntry:\n    {code}\n    print('done')\n{ending}"
    ended = subprocess.run([sys.executable, "-c", tried], cwd=CHECKOUT, capture_output=True, text=True, timeout=60)
    return ended.stdout.strip() or str(ended.returncode)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("socket.socket()", "PermissionError"),
        ("socket.getaddrinfo('localhost', 80)", "PermissionError"),
        ("subprocess.run(['true'])", "PermissionError"),
        ("os.system('true')", "PermissionError"),
        ("os.fork()", "PermissionError"),
        ("os.kill(os.getppid(), 0)", "PermissionError"),
        ("os.remove('nothing')", "PermissionError"),
        ("import ctypes; ctypes.CDLL(None)", "PermissionError"),
        ("bytearray(2 << 30)", "MemoryError"),
        ("[open(os.devnull) for _ in range(64)]", "OSError"),
        ("sum(range(3))", "done"),
    ],
)
def test_rights_are_gone(code: str, outcome: str) -> None:
    assert attempt(code) == outcome


def test_nothing_can_be_written(tmp_path: Path) -> None:
    assert attempt(f"f = open({str(tmp_path / 'x')!r}, 'w'); f.write('x'); f.flush()") in {"OSError", "-25"}
    assert (tmp_path / "x").stat().st_size == 0


def test_its_environment_is_empty(tmp_path: Path) -> None:
    seen: list[dict[str, str]] = []

    def watch() -> None:
        deadline = time.monotonic() + 20
        while not seen and time.monotonic() < deadline:
            for process in psutil.Process().children():
                try:
                    if "knowledge.reading.child" in process.cmdline():
                        seen.append(process.environ())
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    read(pdf(["words " * 50] * 300), name="a.pdf")
    watcher.join()
    assert [name for environ in seen for name in environ if name not in {"LC_CTYPE"}] == []


def code_of(data: bytes, name: str, limits: Limits) -> Code:
    with pytest.raises(Unreadable) as caught:
        read(data, name=name, limits=limits)
    return caught.value.code


def test_what_takes_too_long_is_ended() -> None:
    slow = pdf(["\n".join(["words and words"] * 60)] * 2_500)
    # Other tests' workers and nodes may be children of this process too.
    others = set(psutil.Process().children())
    assert code_of(slow, "a.pdf", replace(Limits(), wall_seconds=1)) is Code.TIMEOUT
    assert set(psutil.Process().children()) <= others
    assert code_of(slow, "a.pdf", replace(Limits(), cpu_seconds=1)) is Code.TIMEOUT
    assert set(psutil.Process().children()) <= others


def test_what_needs_too_much_memory_is_ended() -> None:
    small = replace(Limits(), memory_bytes=120 * MEGABYTE)
    dice = random.Random(1)
    words = docx("".join(docx_paragraph(dice.randbytes(8).hex()) for _ in range(150_000)))
    assert code_of(words, "a.docx", small) is Code.MEMORY
    assert code_of(b"word " * (8 * MEGABYTE), "a.txt", replace(small, memory_bytes=100 * MEGABYTE)) is Code.MEMORY


def test_a_cell_at_the_far_end_of_a_workbook_harms_nobody() -> None:
    sheet = (
        f'<worksheet {S}><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData></worksheet>'
    )
    data = repacked(xlsx({"A": [["a"]]}), **{"xl__worksheets__sheet1.xml": sheet})
    assert code_of(data, "a.xlsx", Limits()) is Code.MEMORY


def test_output_is_bounded_by_the_parent_too() -> None:
    assert code_of(b"a line\n" * 60_000, "a.txt", replace(Limits(), output_bytes=100_000)) is Code.TOO_MUCH_TEXT


def test_many_files_at_once() -> None:
    files = [(pdf(["one"] * 5), "a.pdf"), (epub(["<p>one</p>"]), "a.epub"), (b"one", "a.txt"), (b"\0", "b.txt")] * 3
    outcomes: list[str] = []

    def one(data: bytes, name: str) -> None:
        try:
            outcomes.append(read(data, name=name).sections[0].text)
        except Unreadable as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=one, args=file) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == sorted(["one", "one", "one", Code.EMPTY] * 3)


def test_a_document_goes_through_the_pipe_unchanged() -> None:
    document = Document(
        Kind.PDF,
        title="Ñandú \ud800",
        language="qu",
        sections=[Section("", "a\nb", 3), Section("h", "", None)],
        tables=[Table("t", [["a", "b"]] * 450), Table("", [])],
        records=[{"a": [1, None, "x"]}],
    )
    assembly = Assembly()
    for line in wire.lines_of(document):
        assembly.take(line)
    assert assembly.document() == document


@pytest.mark.parametrize(
    "lines",
    [
        [b""],
        [b"[]"],
        [b'{"is":"document"}'],
        [b'{"is":"__class__"}'],
        [b'{"is":"section","heading":"","text":"","page":null}'],
        [b'{"is":"document","kind":"exe","title":"","language":"","encoding":""}'],
        [b'{"is":"document","kind":"pdf","title":[],"language":"","encoding":""}'],
        [b'{"is":"document","kind":"pdf","title":"","language":"","encoding":""}', b'{"is":"rows","rows":[["a"]]}'],
        [b'{"is":"document","kind":"pdf","title":"","language":"","encoding":""}'],
        [b"[" * 100_000],
        [b'{"is":"refusal","code":"mine","facts":{}}'],
    ],
)
def test_a_child_that_lies_is_not_believed(lines: list[bytes]) -> None:
    def assembled() -> None:
        assembly = Assembly()
        for line in lines:
            assembly.take(line)
        assembly.document()

    with pytest.raises(NotUnderstood):
        assembled()
