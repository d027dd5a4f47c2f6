"""The worker: a Unix socket in front of the engine's thread.

Only the node's own user gets in: the socket has mode 0600 in a folder of mode 0700, and the kernel tells
who is at the other end. Every client may have many requests under way; when it goes, they end. What a
client sends can harm nobody but itself: frames are bounded, a frame that begins must end in time, and a
client that does not read what it asked for is let go.
"""

import asyncio
import contextlib
import fcntl
import itertools
import logging
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from inference.behaviour import Behaviour
from inference.engine.engine import FailureCode
from inference.engine.llama import ModelUnusable
from inference.engine.loop import EngineLoop
from inference.engine.protocol import (
    Cancel,
    Failed,
    Forget,
    FrameSplitter,
    FrameTooLong,
    Generate,
    ProtocolError,
    Reply,
    Status,
    decode_request,
    encode,
)
from inference.engine.served import EngineSettings, ModelOnDisk

log = logging.getLogger(__name__)

BehaviourSource = Callable[[str, bool], Behaviour | None]
"""(SHA-256, preview): the behaviour with this hash; None unless in force or, for a preview, under discussion."""
ModelSource = Callable[[Behaviour], ModelOnDisk]
"""The file to serve a behaviour with. Raises ModelUnusable with a sentence when there is none."""

P = ParamSpec("P")
R = TypeVar("R")

FRAME_SECONDS = 10.0
"""A frame that has begun must end within this time."""
MAX_CLIENTS = 64
MAX_UNREAD = 8 << 20
"""Bytes that may wait for a client that does not read."""
MAX_SOCKET_PATH = 107
"""Longest path of a Unix socket on Linux, in bytes (unix(7))."""


class WorkerRefused(Exception):
    """The worker cannot start; the text is a sentence for the operator."""


class EngineDied(Exception):
    """The engine's thread ended by a fault: the process must end too, so that it is started again."""


class Worker:
    """Serves the engine on a socket. `run` returns after `stop`, SIGTERM or SIGINT."""

    def __init__(
        self,
        socket_path: Path,
        *,
        behaviours: BehaviourSource,
        models: ModelSource,
        settings: EngineSettings,
        newest: Callable[[], Behaviour | None],
    ) -> None:
        """`newest` is the behaviour whose model is loaded before anyone asks, None when there is none yet."""
        self._path = socket_path
        self._behaviours = behaviours
        self._models = models
        self._newest = newest
        self._clients: dict[int, asyncio.StreamWriter] = {}
        self._numbers = itertools.count(1)
        self._engine = EngineLoop(settings, self._deliver, self._engine_ended)
        # Looking up a behaviour may block on the database; one thread keeps its connection.
        self._lookups = ThreadPoolExecutor(1, thread_name_prefix="lookup")

    def run(self) -> None:
        """Serve until told to stop.

        Raises WorkerRefused when the socket is taken or cannot be made, and EngineDied.
        """
        # The engine's thread wants Python's lock back quickly after each call into llama.cpp.
        sys.setswitchinterval(0.0005)
        with _only_worker(self._path):
            asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        told = False

        def tell() -> None:
            nonlocal told
            told = True
            self._stopped.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, tell)
        self._engine.start()
        server = await asyncio.start_unix_server(self._client, sock=_listen(self._path))
        await self._load_newest()
        try:
            await self._stopped.wait()
        finally:
            server.close()
            for writer in list(self._clients.values()):
                writer.close()
            self._engine.stop()
            await self._loop.run_in_executor(None, self._engine.join)
            self._lookups.shutdown()
            self._path.unlink(missing_ok=True)
        if not told:
            raise EngineDied("The engine's thread died; its log says why.")

    def _engine_ended(self) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop is closed
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def _load_newest(self) -> None:
        behaviour = await self._loop.run_in_executor(self._lookups, self._newest)
        if behaviour is None:
            return
        try:
            self._engine.load(await self._look_up(self._models, behaviour))
        except ModelUnusable as error:
            self._engine.note_problem(str(error))

    async def _look_up(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._loop.run_in_executor(self._lookups, partial(function, *args, **kwargs))

    # Clients

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not _own_user(writer.get_extra_info("socket")) or len(self._clients) >= MAX_CLIENTS:
            writer.close()
            return
        client = next(self._numbers)
        self._clients[client] = writer
        try:
            await self._listen_to(client, reader)
        except (ConnectionError, TimeoutError):
            pass
        finally:
            del self._clients[client]
            self._engine.disconnect(client)
            writer.close()

    async def _listen_to(self, client: int, reader: asyncio.StreamReader) -> None:
        frames = FrameSplitter()
        deadline: float | None = None
        while True:
            # The bound is on the frame, not on the pause: drop by drop does not hold the line either.
            async with asyncio.timeout_at(deadline):
                data = await reader.read(1 << 16)
            if not data:
                return
            try:
                bodies = frames.feed(data)
            except FrameTooLong as error:
                self._send(client, _bad_request(error))
                return
            if not frames.partial:
                deadline = None
            elif bodies or deadline is None:
                deadline = self._loop.time() + FRAME_SECONDS
            for body in bodies:
                try:
                    await self._handle(client, body)
                except ProtocolError as error:
                    self._send(client, _bad_request(error))

    async def _handle(self, client: int, body: bytes) -> None:
        request = decode_request(body)
        if isinstance(request, Generate):
            await self._generate(client, request)
        elif isinstance(request, Cancel):
            self._engine.cancel(client, request.id)
        elif isinstance(request, Forget):
            self._engine.forget(client, request)
        elif isinstance(request, Status):
            self._send(client, self._engine.report(request.id))

    async def _generate(self, client: int, request: Generate) -> None:
        behaviour = await self._look_up(self._behaviours, request.behaviour, request.preview)
        if behaviour is None or behaviour.sha256 != request.behaviour:
            message = (
                "This behaviour is not under discussion." if request.preview else "This behaviour is not in force."
            )
            detail: dict[str, int | str] = {"message": message}
            self._send(client, Failed(request.id, FailureCode.BEHAVIOUR_UNKNOWN, detail))
            return
        try:
            model = await self._look_up(self._models, behaviour)
        except ModelUnusable as error:
            if not request.preview:  # what a proposal names may be missing; that is no fault of the worker
                self._engine.note_problem(str(error))
            self._send(client, Failed(request.id, FailureCode.MODEL_MISSING, {"message": str(error)}))
            return
        self._engine.submit(client, request, behaviour, model)

    # Replies

    def _deliver(self, messages: Sequence[tuple[int, Reply]]) -> None:
        """Called by the engine's thread."""
        with contextlib.suppress(RuntimeError):  # the event loop is closed: the worker is stopping
            self._loop.call_soon_threadsafe(self._send_all, messages)

    def _send_all(self, messages: Sequence[tuple[int, Reply]]) -> None:
        frames: dict[int, list[bytes]] = {}
        for client, message in messages:
            frames.setdefault(client, []).append(encode(message))
        for client, parts in frames.items():
            self._write(client, b"".join(parts))

    def _send(self, client: int, message: Reply) -> None:
        self._write(client, encode(message))

    def _write(self, client: int, data: bytes) -> None:
        writer = self._clients.get(client)
        if writer is None or writer.is_closing():
            return
        writer.write(data)
        if writer.transport.get_write_buffer_size() > MAX_UNREAD:
            writer.transport.abort()


def _bad_request(error: ProtocolError) -> Failed:
    return Failed(error.request_id, FailureCode.BAD_REQUEST, {"message": str(error)})


def _own_user(connection: socket.socket) -> bool:
    """True when the peer runs as this user, or as root, who reads all anyway (SO_PEERCRED, unix(7))."""
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _pid, uid, _gid = struct.unpack("3i", data)
    return uid in (os.getuid(), 0)


@contextlib.contextmanager
def _only_worker(path: Path) -> Iterator[None]:
    """Hold the lock beside the socket: a second worker is refused, a dead one's socket can be replaced."""
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise WorkerRefused(
            f"The path of the worker's socket is too long for this system: {path}. Move the data folder higher up."
        )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_mode & 0o077:
        raise WorkerRefused(
            f"The folder {path.parent} is open to other users of this computer. "
            f"Close it with: chmod 700 '{path.parent}'"
        )
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkerRefused(f"Another inference worker is running already on {path}.") from None
        yield


def _listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Nobody else can connect in the moment between bind and chmod.
    mask = os.umask(0o177)
    try:
        listener.bind(os.fspath(path))
    except OSError as error:
        listener.close()
        raise WorkerRefused(f"The worker's socket {path} cannot be made: {error.strerror}.") from error
    finally:
        os.umask(mask)
    return listener
