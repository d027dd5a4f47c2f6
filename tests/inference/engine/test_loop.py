"""The engine's thread: models take turns, a model that cannot be loaded fails its own, and a fault ends the thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from inference.behaviour import Behaviour
from inference.engine.llama import start_backend
from inference.engine.loop import EngineLoop
from inference.engine.protocol import Done, Failed, Forget, Forgotten, Generate, Reply, Text
from inference.engine.requantise import requantise
from inference.engine.served import EngineSettings, ModelOnDisk
from inference.services.model_files import sha256_of
from tests.inference.engine.talk import Engine

Question = Callable[..., Generate]


@pytest.fixture(scope="module")
def other_model(bundled_model: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelOnDisk:
    """The same model in another representation: another file."""
    start_backend()
    path = tmp_path_factory.mktemp("models") / "other.gguf"
    requantise(bundled_model, path, kind="Q8_0", threads=2)
    return ModelOnDisk(path, sha256_of(path), "other")


def test_two_models_take_turns_and_each_answers_its_own(
    engine: Engine, model: ModelOnDisk, other_model: ModelOnDisk, behaviour: Behaviour, question: Question
) -> None:
    other = Behaviour.from_json({**behaviour.to_json(), "model_sha256": other_model.sha256})
    asked: dict[str, str] = {}
    for number in range(6):
        served, chosen = ((model, behaviour), (other_model, other))[number % 2]
        request = question(f"What is {number}?", max_tokens=4, behaviour=chosen.sha256)
        asked[request.id] = served.sha256
        engine.loop.submit(1, request, chosen, served)
    endings = engine.endings(6)
    assert {name: end.model_sha256 for name, end in endings.items() if isinstance(end, Done)} == asked
    assert engine.loop.report("s").model_sha256 in asked.values()


def test_a_model_that_cannot_be_loaded_fails_its_own_requests_only(
    engine: Engine, model: ModelOnDisk, behaviour: Behaviour, question: Question, tmp_path: Path
) -> None:
    broken = ModelOnDisk(tmp_path / "broken.gguf", "b" * 64, "broken")
    good, bad, later = (question("Hi", max_tokens=3) for _ in range(3))
    engine.loop.submit(1, bad, behaviour, broken)
    engine.loop.submit(1, good, behaviour, model)
    endings = engine.endings(2)
    assert isinstance(endings[good.id], Done)
    refusal = endings[bad.id]
    assert isinstance(refusal, Failed)
    assert refusal.code == "model_missing"
    assert "broken.gguf" in str(refusal.detail["message"])
    engine.loop.submit(1, later, behaviour, model)
    assert isinstance(engine.endings(1)[later.id], Done)


def test_a_waiting_request_can_be_stopped_or_lose_its_client(
    engine: Engine, model: ModelOnDisk, behaviour: Behaviour, question: Question
) -> None:
    requests = [question("Tell me about hills.", member="one", max_tokens=60) for _ in range(7)]
    for request in requests:
        engine.loop.submit(1, request, behaviour, model)
    gone = question("Tell me about dales.", member="two", max_tokens=60)
    engine.loop.submit(2, gone, behaviour, model)
    engine.loop.disconnect(2)
    for request in requests[1:]:
        engine.loop.cancel(1, request.id)
    endings = engine.endings(7)
    assert gone.id not in endings
    assert sum(isinstance(end, Done) and end.reason == "cancelled" for end in endings.values()) == 6
    report = engine.loop.report("s")
    assert (report.running, report.queued) == (0, 0)


def test_what_is_being_written_for_a_forgotten_member_is_not_kept(
    engine: Engine, model: ModelOnDisk, behaviour: Behaviour, question: Question
) -> None:
    request = question("Tell me about moss.", member="ana", conversation="c", max_tokens=60)
    engine.loop.submit(1, request, behaviour, model)
    while not isinstance(engine.said.get(timeout=60), Text):
        pass
    engine.loop.forget(1, Forget("f", "ana"))
    engine.endings(1)
    assert engine.loop.report("s").kept_conversations == 0
    engine.loop.forget(1, Forget("g", "ana"))
    while not isinstance(message := engine.said.get(timeout=60), Forgotten) or message.id != "g":
        pass
    assert message.conversations == 0


def test_a_fault_in_the_thread_is_told(
    model: ModelOnDisk, behaviour: Behaviour, question: Question, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker's process ends then and is started again, instead of living on without an engine."""

    def deliver(_messages: Sequence[tuple[int, Reply]]) -> None:
        raise ZeroDivisionError(f"{asked.turns} {_messages}")

    asked = question("Hi, zqxj?")
    caplog.set_level(logging.DEBUG)
    ended = threading.Event()
    loop = EngineLoop(EngineSettings(threads=2, kv_memory_mb=64), deliver, ended.set)
    loop.start()
    loop.submit(1, asked, behaviour, model)
    assert ended.wait(60)
    assert "The engine's thread died" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    # Nor does llama.cpp say at any level what it reads.
    assert "zqxj" not in caplog.text
