"""The bundled model in this process, clients of the shared worker, and workers of one's own."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from inference.behaviour import Behaviour
from inference.engine.client import AsyncEngineClient
from inference.engine.llama import start_backend
from inference.engine.protocol import Generate, Turn
from inference.engine.served import EngineSettings, ModelOnDisk, Served
from tests.inference.conftest import WorkerProcess, short_answers
from tests.inference.engine.talk import Engine


class OwnWorker(WorkerProcess):
    """A worker that a test may end as it likes."""

    def terminate(self) -> int:
        """Ask it to end and return its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30)

    def wait(self) -> int:
        assert self._process is not None
        return self._process.wait(30)

    def log(self) -> str:
        return self._log.read_text()


@pytest.fixture(scope="session")
def behaviour(bundled_model: Path) -> Behaviour:
    """The behaviour that the shared worker serves."""
    return short_answers(bundled_model)


@pytest.fixture(scope="session")
def served(bundled_model: Path, behaviour: Behaviour) -> Iterator[Served]:
    """The model with a small context, in this process. Whoever takes from the ledger gives back."""
    start_backend()
    served = Served(
        ModelOnDisk(bundled_model, behaviour.model_sha256, "the bundled model"),
        EngineSettings(threads=2, kv_memory_mb=64),
    )
    yield served
    served.close()


@pytest.fixture
def model(bundled_model: Path, behaviour: Behaviour) -> ModelOnDisk:
    return ModelOnDisk(bundled_model, behaviour.model_sha256, "bundled")


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine that loads what it is asked for; it must end when told to."""
    engine = Engine()
    yield engine
    engine.loop.stop()
    engine.loop.join(30)
    assert engine.ended.is_set()


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A closed folder with a short path: a Unix socket's path holds 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="cai-") as folder:
        yield Path(folder)


@pytest.fixture
def own_worker(short_folder: Path, bundled_model: Path) -> Iterator[OwnWorker]:
    """A worker, not started yet."""
    worker = OwnWorker(short_folder, bundled_model)
    yield worker
    worker.kill()


@pytest.fixture
async def client(worker: WorkerProcess) -> AsyncIterator[AsyncEngineClient]:
    client = AsyncEngineClient(worker.socket_path)
    yield client
    await client.close()


@pytest.fixture
def question(behaviour: Behaviour) -> Callable[..., Generate]:
    """A factory of requests: each of a member of its own unless told otherwise."""
    number = 0

    def make(text: str, **parts: object) -> Generate:
        nonlocal number
        number += 1
        defaults: dict[str, object] = {
            "id": f"q{number}",
            "member": f"member{number}",
            "conversation": None,
            "behaviour": behaviour.sha256,
            "turns": (Turn("user", text),),
            "max_tokens": 16,
        }
        return Generate(**{**defaults, **parts})  # type: ignore[arg-type]

    return make
