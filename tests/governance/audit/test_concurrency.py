"""Many writers at once, threads and processes: no number twice, none left out, one tree, one root for each size."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection, transaction

from governance.audit.checkpoint import Checkpoint, open_note
from governance.models import AuditCheckpoint, AuditEntry, AuditPseudonym, Member
from governance.services import audit, checkpoint_file
from governance.services.audit_verification import verify
from tests.governance.audit.conftest import MOMENT

Write = Callable[..., AuditEntry]


def _one_tree(count: int) -> None:
    assert list(AuditEntry.objects.order_by("index").values_list("index", flat=True)) == list(range(count))
    audit.checkpoint(now=MOMENT)
    result = verify()
    assert (result.count, result.fault) == (count, "")
    sizes = [
        Checkpoint.parse(open_note(kept.note, keys=[audit.record_key()])[0]).size for kept in checkpoint_file.read()
    ]
    assert sizes == sorted(set(sizes))
    assert sizes == list(AuditCheckpoint.objects.order_by("size").values_list("size", flat=True))


@pytest.mark.django_db(transaction=True)
def test_threads_that_write_sign_and_roll_back_at_once(write: Write, make_member: Callable[..., Member]) -> None:
    members = [make_member(f"member{number}") for number in range(3)]
    before = AuditEntry.objects.count()
    threads, each = 8, 12
    start = Barrier(threads)

    def work(thread: int) -> list[int]:
        start.wait()
        got = []
        try:
            for number in range(each):
                if number % 4 == 3:
                    with transaction.atomic():
                        write(number)
                        transaction.set_rollback(True)  # its number goes to somebody else
                    continue
                got.append(write(number, actor=members[thread % 3]).index)
                if number % 5 == thread % 5:
                    audit.checkpoint(now=MOMENT)
        finally:
            connection.close()
        return got

    with ThreadPoolExecutor(threads) as pool:
        numbers = [number for got in pool.map(work, range(threads)) for number in got]
    assert sorted(numbers) == list(range(before, before + threads * each * 3 // 4))
    assert AuditPseudonym.objects.count() == 3
    _one_tree(before + len(numbers))


@pytest.mark.django_db(transaction=True)
def test_processes_that_write_and_sign_at_once(write: Write) -> None:
    write()
    processes, each = 4, 15
    name = str(connection.settings_dict["NAME"])
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.governance.audit.writer", name, str(each)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "COMMUNITY_AI_HOME": str(settings.HOME.root)},
        )
        for _ in range(processes)
    ]
    numbers = [int(line) for process in running for line in process.communicate(timeout=120)[0].split()]
    assert [process.returncode for process in running] == [0] * processes
    assert sorted(numbers) == list(range(1, processes * each + 1))
    _one_tree(processes * each + 1)


@pytest.mark.django_db(transaction=True)
def test_a_record_is_verified_while_others_write(write: Write) -> None:
    write()
    going = True

    def keep_writing() -> None:
        try:
            number = 1
            while going:
                write(number)
                audit.checkpoint(now=MOMENT)
                number += 1
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(keep_writing)
        try:
            faults = {verify().fault for _ in range(25)}
        finally:
            going = False
        writing.result()
    assert faults == {""}
    assert AuditEntry.objects.count() > 1
