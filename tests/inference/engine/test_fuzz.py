"""A live worker under bad input: it answers or hangs up, and never disturbs others."""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from inference.engine.client import EngineClient
from inference.engine.protocol import MAX_FRAME, Done, Failed, FrameSplitter, Generate, Reply, decode_reply, encode
from inference.engine.worker import FRAME_SECONDS
from tests.inference.conftest import WorkerProcess


@pytest.fixture
def raw(worker: WorkerProcess) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(20)
        connection.connect(str(worker.socket_path))
        yield connection


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def replies(connection: socket.socket, count: int) -> list[Reply]:
    splitter = FrameSplitter()
    got: list[Reply] = []
    while len(got) < count:
        data = connection.recv(1 << 16)
        if not data:
            break
        got += [decode_reply(body) for body in splitter.feed(data)]
    return got


def hung_up(connection: socket.socket) -> bool:
    """The other side closes, whatever it sends before."""
    try:
        while connection.recv(1 << 16):
            pass
    except ConnectionResetError:
        pass
    return True


@pytest.fixture
def neighbour(worker: WorkerProcess, question: Callable[..., Generate]) -> Iterator[None]:
    """Another client's answer is written before, and one after, the test's bad input."""
    with EngineClient(worker.socket_path) as client:
        yield
        assert isinstance(list(client.generate(question("Are you well?")))[-1], Done)


@pytest.mark.usefixtures("neighbour")
def test_bad_messages_in_good_frames_are_answered_and_the_connection_lives(raw: socket.socket) -> None:
    bad = [
        b"not json",
        b"\xff\xfe",
        b"[]",
        b'{"id":"a"}',
        b'{"id":"a","type":"fly"}',
        b'{"id":"a","type":"generate"}',
        b"[" * 50_000,
        b"",
        json.dumps({"id": "a", "type": "done", "reason": "end"}).encode(),
    ]
    raw.sendall(b"".join(map(framed, bad)))
    answers = replies(raw, len(bad))
    assert [isinstance(answer, Failed) and answer.code for answer in answers] == ["bad_request"] * len(bad)
    raw.sendall(framed(b'{"id":"s","type":"status"}'))
    assert replies(raw, 1)[0].id == "s"


@pytest.mark.usefixtures("neighbour")
def test_an_oversized_frame_is_refused_at_its_header(raw: socket.socket) -> None:
    raw.sendall((MAX_FRAME + 1).to_bytes(4, "big"))
    (answer,) = replies(raw, 1)
    assert isinstance(answer, Failed)
    assert hung_up(raw)


@pytest.mark.usefixtures("neighbour")
def test_noise_of_any_kind_ends_in_answers_or_a_closed_line(worker: WorkerProcess) -> None:
    chance = random.Random(20261124)
    for _ in range(40):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(20)
            connection.connect(str(worker.socket_path))
            noise = chance.randbytes(chance.randrange(1, 3000))
            if chance.random() < 0.5:
                noise = framed(noise)
            try:
                connection.sendall(noise)
                connection.shutdown(socket.SHUT_WR)
            except BrokenPipeError:
                pass  # it hung up already
            assert hung_up(connection)


@pytest.mark.usefixtures("neighbour")
def test_a_spoilt_request_is_no_worse_than_noise(raw: socket.socket, question: Callable[..., Generate]) -> None:
    chance = random.Random(7)
    frame = encode(question("What is rain?", max_tokens=1))
    for _ in range(60):
        body = bytearray(frame[4:])
        for _ in range(chance.randrange(1, 6)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        raw.sendall(framed(bytes(body)))
    raw.sendall(framed(b'{"id":"last","type":"status"}'))
    splitter, seen = FrameSplitter(), []
    while "last" not in seen:
        seen += [decode_reply(body).id for body in splitter.feed(raw.recv(1 << 16))]


def test_half_a_frame_does_not_hold_the_line_for_ever(worker: WorkerProcess) -> None:
    """Neither in silence nor drop by drop: the bound is on the frame."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent, socket.socket(socket.AF_UNIX) as dripping:
        for connection in (silent, dripping):
            connection.settimeout(0.2)
            connection.connect(str(worker.socket_path))
            connection.sendall((100).to_bytes(4, "big") + b'{"id":')
        began = time.monotonic()
        open_lines = {silent, dripping}
        while open_lines and time.monotonic() - began < FRAME_SECONDS + 8:
            for connection in list(open_lines):
                try:
                    if connection is dripping:
                        connection.sendall(b" ")
                    if not connection.recv(1 << 16):
                        open_lines.discard(connection)
                except TimeoutError:
                    continue
                except (BrokenPipeError, ConnectionResetError):
                    open_lines.discard(connection)
        assert not open_lines
        assert time.monotonic() - began >= FRAME_SECONDS / 2  # an honest slow client has time
