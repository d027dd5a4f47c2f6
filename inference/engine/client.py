"""The node's end of the worker's socket: a client for event loops, and one that blocks, for commands."""

import asyncio
import contextlib
import itertools
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from inference.engine.engine import FailureCode
from inference.engine.protocol import (
    Cancel,
    Done,
    Event,
    Failed,
    Forget,
    Forgotten,
    FrameSplitter,
    Generate,
    ProtocolError,
    Reply,
    Request,
    Status,
    StatusReport,
    decode_reply,
    encode,
)

RECONNECT_SECONDS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5)
"""Pauses before the attempts to connect: a worker that restarts is worth three seconds of waiting."""
REPLY_SECONDS = 10.0


class WorkerGone(Exception):
    """The worker does not run, or died before it answered."""


def _gone(request_id: str) -> Failed:
    return Failed(request_id, FailureCode.WORKER_GONE, {"message": "The inference worker does not answer."})


def _refused(error: ProtocolError) -> Failed:
    return Failed(error.request_id, FailureCode.BAD_REQUEST, {"message": str(error)})


class AsyncEngineClient:
    """Talks with the worker from one event loop; any number of requests share one connection.

    It connects when first needed and again after the worker died. Requests that were under way then end with
    Failed("worker_gone"); the client never repeats one by itself.
    """

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()
        self._replies: dict[str, asyncio.Queue[Reply]] = {}
        self._numbers = itertools.count(1)

    async def generate(self, request: Generate) -> AsyncIterator[Event]:
        """The request's events, last Done or Failed. Leaving early cancels the request."""
        if request.id in self._replies:
            yield Failed(request.id, FailureCode.BAD_REQUEST, {"message": "A request with this id is under way."})
            return
        replies = self._replies[request.id] = asyncio.Queue()
        ended = False
        try:
            try:
                await self._send(request)
            except ProtocolError as error:
                ended = True
                yield _refused(error)
                return
            except WorkerGone:
                ended = True
                yield _gone(request.id)
                return
            while not ended:
                event = await replies.get()
                if isinstance(event, Forgotten | StatusReport):
                    continue
                ended = isinstance(event, Done | Failed)
                yield event
        finally:
            self._replies.pop(request.id, None)
            if not ended:
                self._write(Cancel(request.id))

    async def cancel(self, request_id: str) -> None:
        """Stop a request of this client; it ends with Done("cancelled"). Unknown ids are ignored."""
        if request_id in self._replies:
            self._write(Cancel(request_id))

    async def status(self) -> StatusReport:
        """How the worker is. Raises WorkerGone."""
        reply = await self._ask(Status(self._own_id("status")))
        if not isinstance(reply, StatusReport):
            raise WorkerGone("The inference worker answers something else.")
        return reply

    async def forget(self, member: str, conversation: str | None = None) -> int:
        """Drop what the worker keeps of a member's conversations; returns how many. Raises WorkerGone."""
        reply = await self._ask(Forget(self._own_id("forget"), member, conversation))
        if not isinstance(reply, Forgotten):
            raise WorkerGone("The inference worker answers something else.")
        return reply.conversations

    async def close(self) -> None:
        if self._reading:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading

    def _own_id(self, kind: str) -> str:
        return f"{kind}:{next(self._numbers)}"

    async def _ask(self, request: Status | Forget) -> Reply:
        replies = self._replies[request.id] = asyncio.Queue()
        try:
            await self._send(request)
            async with asyncio.timeout(REPLY_SECONDS):
                reply = await replies.get()
        except TimeoutError:
            raise WorkerGone("The inference worker does not answer in time.") from None
        finally:
            del self._replies[request.id]
        if isinstance(reply, Failed):
            raise WorkerGone(str(reply.detail.get("message", reply.code)))
        return reply

    async def _send(self, request: Request) -> None:
        frame = encode(request)
        async with self._connecting:
            if self._writer is None:
                await self._connect()
        writer = self._writer
        if writer is None:  # it died again at once
            raise WorkerGone("The inference worker does not answer.")
        writer.write(frame)
        with contextlib.suppress(ConnectionError):  # the reading task ends the requests
            await writer.drain()

    def _write(self, request: Request) -> None:
        if self._writer and not self._writer.is_closing():
            self._writer.write(encode(request))

    async def _connect(self) -> None:
        for pause in RECONNECT_SECONDS:
            await asyncio.sleep(pause)
            try:
                reader, self._writer = await asyncio.open_unix_connection(self._path)
            except OSError:
                continue
            self._reading = asyncio.create_task(self._read(reader, self._writer))
            return
        raise WorkerGone("The inference worker does not run.")

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = FrameSplitter()
        try:
            while data := await reader.read(1 << 16):
                for body in frames.feed(data):
                    reply = decode_reply(body)
                    if replies := self._replies.get(reply.id):
                        replies.put_nowait(reply)
        except (ConnectionError, ProtocolError):
            pass
        finally:
            self._writer = None
            writer.close()
            for request_id, replies in self._replies.items():
                replies.put_nowait(_gone(request_id))


class EngineClient:
    """Talks with the worker and waits: for commands and jobs.

    One request at a time; use as a context manager.

    Raises WorkerGone when the worker does not run.
    """

    def __init__(self, socket_path: Path, *, timeout: float = 60.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(os.fspath(socket_path))
        except OSError as error:
            self._socket.close()
            raise WorkerGone("The inference worker does not run.") from error
        self._frames = FrameSplitter()
        self._ready: list[bytes] = []

    def __enter__(self) -> "EngineClient":
        return self

    def __exit__(self, *_exc: object) -> None:
        self._socket.close()

    def generate(self, request: Generate) -> Iterator[Event]:
        """The request's events, last Done or Failed."""
        try:
            self._send(request)
            while True:
                event = self._receive()
                if event.id not in (request.id, "") or isinstance(event, Forgotten | StatusReport):
                    continue
                yield event
                if isinstance(event, Done | Failed):
                    return
        except ProtocolError as error:
            yield _refused(error)
        except WorkerGone:
            yield _gone(request.id)

    def status(self) -> StatusReport:
        """How the worker is. Raises WorkerGone."""
        self._send(Status("status"))
        while not isinstance(reply := self._receive(), StatusReport):
            pass
        return reply

    def forget(self, member: str, conversation: str | None = None) -> int:
        """Drop what the worker keeps of a member's conversations; returns how many. Raises WorkerGone."""
        self._send(Forget("forget", member, conversation))
        while not isinstance(reply := self._receive(), Forgotten):
            pass
        return reply.conversations

    def cancel(self, request_id: str) -> None:
        """Stop the request whose events are being read; they end with Done("cancelled").

        Raises WorkerGone.
        """
        self._send(Cancel(request_id))

    def _send(self, request: Request) -> None:
        try:
            self._socket.sendall(encode(request))
        except OSError as error:
            raise WorkerGone("The inference worker died.") from error

    def _receive(self) -> Reply:
        while not self._ready:
            try:
                data = self._socket.recv(1 << 16)
            except OSError as error:
                raise WorkerGone("The inference worker does not answer.") from error
            if not data:
                raise WorkerGone("The inference worker died.")
            self._ready = self._frames.feed(data)
        return decode_reply(self._ready.pop(0))
