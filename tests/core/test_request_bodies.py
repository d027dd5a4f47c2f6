"""What visitors send stays in memory and within its bound, whatever they claim about it."""

from __future__ import annotations

import tempfile
from typing import Any

import pytest
from daphne.http_protocol import HTTPFactory
from twisted.internet.testing import StringTransport

from community_ai.core.request_bodies import bound_request_bodies


class Queue:
    def __init__(self) -> None:
        self.body = b""

    def put_nowait(self, message: dict[str, Any]) -> None:
        self.body += message.get("body", b"")


class Server:
    """What daphne's protocol asks of its server."""

    proxy_forwarded_address_header = None
    root_path = ""
    request_buffer_size = 8192

    def __init__(self) -> None:
        self.queue = Queue()
        self.scope: dict[str, Any] = {}

    def protocol_connected(self, protocol: object) -> None:
        pass

    def protocol_disconnected(self, protocol: object) -> None:
        pass

    def create_application(self, protocol: object, scope: dict[str, Any]) -> Queue:
        self.scope = scope
        return self.queue


def sent(path: str, body: bytes, *, chunked: bool = False, monkeypatch: pytest.MonkeyPatch) -> Server:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a body reached the disk")

    monkeypatch.setattr("daphne.http_protocol.WebRequest", None)
    bound_request_bodies()
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    server = Server()
    protocol = HTTPFactory(server).buildProtocol(None)
    protocol.makeConnection(StringTransport())
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n{length}\r\n\r\n"
    )
    pieces = [body[start : start + 60_000] for start in range(0, len(body), 60_000)]
    protocol.dataReceived(head.encode())
    for piece in pieces:
        protocol.dataReceived(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
    if chunked:
        protocol.dataReceived(b"0\r\n\r\n")
    return server


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_within_the_bound_arrives_whole(chunked: bool, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    body = bytes(range(256)) * 3_000
    server = sent("/knowledge/import/?x=1", body, chunked=chunked, monkeypatch=monkeypatch)
    assert server.queue.body == body
    assert (server.scope["path"], server.scope["query_string"]) == ("/knowledge/import/", b"x=1")


@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_beyond_the_bound_is_dropped(chunked: bool, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LARGE_BODY_BYTES, settings.BODY_BYTES = 300_000, 100_000
    body = b"x" * 1_000_000
    large = sent("/knowledge/import/", body, chunked=chunked, monkeypatch=monkeypatch)
    assert len(large.queue.body) == 300_000
    other = sent("/accounts/login/", body, chunked=chunked, monkeypatch=monkeypatch)
    assert len(other.queue.body) == 100_000
    claimed = dict(other.scope["headers"]).get(b"content-length")
    assert claimed == (None if chunked else b"1000000")


def test_no_body_is_no_trouble(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent("/", b"", monkeypatch=monkeypatch).queue.body == b""
