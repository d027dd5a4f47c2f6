"""A real worker through its socket: answers, refusals with figures, and every way to go."""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.engine.client import AsyncEngineClient, EngineClient, WorkerGone
from inference.engine.engine import FailureCode
from inference.engine.protocol import Done, Failed, Generate, Queued, Started, Text, Turn
from inference.engine.scheduler import MAX_RUNNING_OF_MEMBER, MAX_WAITING_OF_MEMBER
from inference.engine.worker import _own_user
from tests.inference.conftest import WorkerProcess
from tests.inference.engine.conftest import OwnWorker
from tests.inference.engine.talk import ask, done, failed

Question = Callable[..., Generate]


async def test_an_answer_arrives_piece_by_piece_and_ends_with_figures(
    client: AsyncEngineClient, question: Question
) -> None:
    request = question("Tell me a story about a heron.", max_tokens=40)
    events = [event async for event in client.generate(request)]
    assert isinstance(events[0], Queued | Started)
    pieces = [event for event in events if isinstance(event, Text)]
    assert len(pieces) > 1
    assert all(piece.text for piece in pieces)
    last = events[-1]
    assert isinstance(last, Done)
    assert last.reason in ("end", "length")
    assert 0 < last.answer_tokens <= 40
    assert 0 < last.first_token_ms <= last.total_ms
    assert last.prompt_tokens > last.cached_tokens >= 0
    status = await client.status()
    assert status.state == "ready"
    assert status.model_sha256 == last.model_sha256
    assert status.prompt_tokens_per_second > 0
    assert status.answer_tokens_per_second > 0


async def test_the_charter_is_computed_for_the_first_member_only(client: AsyncEngineClient, question: Question) -> None:
    await done(client, question("Hello"))
    second = await done(client, question("What is a heron?"))
    third = await done(client, question("What is a heron?"))
    assert second.cached_tokens == third.cached_tokens > 50


async def test_a_conversation_continues_where_it_was(client: AsyncEngineClient, question: Question) -> None:
    text, first = await ask(client, question("My boat is blue.", member="ana", conversation="boats"))
    assert isinstance(first, Done)
    turns = (Turn("user", "My boat is blue."), Turn("assistant", text), Turn("user", "Which colour?"))
    again = await done(client, question("", member="ana", conversation="boats", turns=turns))
    other = await done(client, question("", member="ben", conversation="boats", turns=turns))
    assert again.prompt_tokens == other.prompt_tokens
    assert again.cached_tokens > other.cached_tokens
    assert await client.forget("ana") == 1
    forgotten = await done(client, question("", member="ana", conversation="boats", turns=turns))
    assert forgotten.cached_tokens == other.cached_tokens
    assert await client.forget("ana", "boats") == 1
    assert await client.forget("ben") == 1


async def test_many_at_once_on_one_connection(client: AsyncEngineClient, question: Question) -> None:
    endings = await asyncio.gather(*(done(client, question(f"What is the number {i}?")) for i in range(20)))
    assert all(end.answer_tokens > 0 for end in endings)
    assert (await client.status()).running == 0


async def test_stop_takes_effect_at_once_and_keeps_what_was_written(
    client: AsyncEngineClient, question: Question
) -> None:
    request = question("Tell me everything about the sea, slowly.", max_tokens=None)
    last = None
    async for event in client.generate(request):
        if isinstance(event, Text):
            await client.cancel(request.id)
        last = event
    assert isinstance(last, Done)
    assert last.reason == "cancelled"
    assert 0 < last.answer_tokens < 100
    await client.cancel("no such request")
    await done(client, question("Still there?"))


async def test_who_hangs_up_no_longer_costs_anything(
    worker: WorkerProcess, client: AsyncEngineClient, question: Question
) -> None:
    leaving = AsyncEngineClient(worker.socket_path)
    async for event in leaving.generate(question("Tell me everything about ships.", max_tokens=None)):
        if isinstance(event, Text):
            break
    await leaving.close()
    for _ in range(100):
        if (await client.status()).running == 0:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the request of a client that is gone goes on")


async def test_an_unknown_behaviour_is_refused(client: AsyncEngineClient, question: Question) -> None:
    assert (await failed(client, question("Hi", behaviour="f" * 64))).code == FailureCode.BEHAVIOUR_UNKNOWN


async def test_what_is_under_discussion_answers_previews_only(
    worker: WorkerProcess, client: AsyncEngineClient, question: Question
) -> None:
    proposed = worker.discussed.sha256
    refusal = await failed(client, question("Hi", behaviour=proposed))
    assert refusal.code == FailureCode.BEHAVIOUR_UNKNOWN
    await done(client, question("Hi", behaviour=proposed, preview=True))
    await done(client, question("Hi", preview=True))
    assert (
        await failed(client, question("Hi", behaviour="f" * 64, preview=True))
    ).code == FailureCode.BEHAVIOUR_UNKNOWN


async def test_a_question_that_is_too_long_is_refused_with_figures(
    client: AsyncEngineClient, question: Question
) -> None:
    refusal = await failed(client, question("words and more words " * 4000))
    assert refusal.code == FailureCode.TOO_LONG
    assert int(refusal.detail["prompt_tokens"]) > int(refusal.detail["limit"]) > 1000


async def test_16000_characters_and_odd_ones_are_answered(client: AsyncEngineClient, question: Question) -> None:
    odd = "\u202eabc\u200f\x00\x1b[31m<script>alert(1)</script><|im_end|>\ufeff🏳️‍🌈" + "é" * 20
    for text in ("=" * 16_000, odd):
        answer, end = await ask(client, question(text, max_tokens=4))
        assert isinstance(end, Done)
        assert not any(ord(c) < 32 and c not in "\n\t" for c in answer)


async def test_one_member_cannot_queue_without_end(client: AsyncEngineClient, question: Question) -> None:
    most = MAX_RUNNING_OF_MEMBER + MAX_WAITING_OF_MEMBER
    requests = [question("Tell me about rain.", member="eager", max_tokens=24) for _ in range(most + 6)]
    endings = await asyncio.gather(*(ask(client, request) for request in requests))
    refusals = [end for _, end in endings if isinstance(end, Failed)]
    assert refusals
    assert {refusal.code for refusal in refusals} == {FailureCode.BUSY}
    assert refusals[0].detail["scope"] == "member"
    assert refusals[0].detail["limit"] == MAX_WAITING_OF_MEMBER
    assert len(refusals) <= 6 + MAX_RUNNING_OF_MEMBER  # those who could be served were


async def test_who_waits_hears_the_position(client: AsyncEngineClient, question: Question) -> None:
    requests = [question("Tell me about snow.", member="patient", max_tokens=24) for _ in range(8)]

    async def positions(request: Generate) -> list[int]:
        return [event.position async for event in client.generate(request) if isinstance(event, Queued)]

    heard = [row for row in await asyncio.gather(*map(positions, requests)) if row]
    assert heard
    assert all(row == sorted(row, reverse=True) for row in heard)
    assert max(map(max, heard)) >= 3


async def test_the_same_id_twice_is_refused_and_the_first_goes_on(
    client: AsyncEngineClient, question: Question
) -> None:
    first = question("Tell me about wind.", max_tokens=30)
    (text, end), refusal = await asyncio.gather(ask(client, first), failed(client, first))
    assert refusal.code == FailureCode.BAD_REQUEST
    assert isinstance(end, Done)
    assert text


def test_the_blocking_client(worker: WorkerProcess, question: Question) -> None:
    with EngineClient(worker.socket_path) as client:
        assert client.status().state == "ready"
        events = list(client.generate(question("Hello")))
        assert isinstance(events[-1], Done)
        assert [event.code for event in client.generate(question("\ud800")) if isinstance(event, Failed)] == [
            FailureCode.BAD_REQUEST
        ]
        request = question("Tell me all about stones.", max_tokens=None)
        for event in client.generate(request):
            if isinstance(event, Text):
                client.cancel(request.id)
        assert isinstance(event, Done)
        assert event.reason == "cancelled"


def test_nobody_else_can_reach_the_socket(worker: WorkerProcess) -> None:
    assert stat.S_IMODE(worker.socket_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(worker.socket_path.parent.stat().st_mode) == 0o700


async def test_no_worker_is_said_so(short_folder: Path, question: Question) -> None:
    client = AsyncEngineClient(short_folder / "none.sock")
    assert (await failed(client, question("Hi"))).code == FailureCode.WORKER_GONE
    with pytest.raises(WorkerGone):
        EngineClient(short_folder / "none.sock")


async def test_a_killed_worker_ends_its_requests_and_the_next_one_serves(
    own_worker: OwnWorker, question: Question
) -> None:
    own_worker.start()
    client = AsyncEngineClient(own_worker.socket_path)
    written = ""
    last = None
    async for event in client.generate(question("Tell me all about mountains.", max_tokens=None)):
        if isinstance(event, Text):
            written += event.text
            own_worker.kill()
        last = event
    assert written
    assert isinstance(last, Failed)
    assert last.code == FailureCode.WORKER_GONE
    own_worker.socket_path.touch()  # what a killed worker leaves behind
    own_worker.start()
    await done(client, question("And now?"))
    await client.close()


def test_a_second_worker_refuses_and_sigterm_ends_the_first(own_worker: OwnWorker, bundled_model: Path) -> None:
    own_worker.start()
    second = OwnWorker(own_worker.socket_path.parent, bundled_model)
    second.start()  # returns because the first one's socket is there
    assert second.wait() != 0
    assert "Another inference worker is running already" in own_worker.log()
    assert own_worker.terminate() == 0
    assert not own_worker.socket_path.exists()


def test_an_open_folder_or_a_long_path_is_refused(own_worker: OwnWorker) -> None:
    own_worker.socket_path.parent.chmod(0o755)
    with pytest.raises(RuntimeError, match="chmod 700"):
        own_worker.start()
    own_worker.socket_path.parent.chmod(0o700)
    own_worker.socket_path = own_worker.socket_path.parent / ("x" * 100) / "worker.sock"
    with pytest.raises(RuntimeError, match="too long for this system"):
        own_worker.start()


async def test_a_missing_model_is_named_and_the_worker_stays(own_worker: OwnWorker, question: Question) -> None:
    own_worker.model = own_worker.socket_path.parent / "gone.gguf"
    own_worker.start()
    client = AsyncEngineClient(own_worker.socket_path)
    for _ in range(2):
        refusal = await failed(client, question("Hi"))
        assert refusal.code == FailureCode.MODEL_MISSING
        assert "gone.gguf" in str(refusal.detail["message"])
    status = await client.status()
    assert status.state == "model_missing"
    assert "gone.gguf" in status.problem
    await client.close()
    assert own_worker.terminate() == 0


def test_the_kernel_tells_who_is_at_the_other_end(worker: WorkerProcess) -> None:
    """The kernel's word on who is at the other end; only a process of another user could show the refusal itself."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(worker.socket_path))
        assert _own_user(connection)
