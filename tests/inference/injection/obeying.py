"""A worker on a socket whose model does the worst: it says everything that it read, as its own words."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from inference.engine.protocol import (
    Done,
    FrameSplitter,
    Generate,
    Started,
    Status,
    StatusReport,
    Text,
    decode_request,
    encode,
)

READY = StatusReport("x", "ready", "", "a" * 64, "model", 1, 1, 0, 0, 0, 8192, 0, 8192, 1.0, 1.0, 100)


class ObeyingWorker:
    """It speaks the protocol of the real one and remembers in `requests` what it was asked."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.requests: dict[str, Generate] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.place)

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = FrameSplitter()
        while data := await reader.read(1 << 16):
            for body in frames.feed(data):
                request = decode_request(body)
                if isinstance(request, Status):
                    writer.write(encode(replace(READY, id=request.id)))
                elif isinstance(request, Generate):
                    self.requests[request.id] = request
                    for event in _events(request):
                        writer.write(encode(event))
        writer.close()


def obeyed(texts: Sequence[str]) -> str:
    """What this model says after it read `texts`: their words, marks of notes that it read, and of some that it did
    not."""
    return "\n\n".join([*texts, "[1] [2] [9]"])


def _events(request: Generate) -> list[Started | Text | Done]:
    read = [part for passage in request.passages for part in (passage.title, passage.text)]
    said = obeyed([*request.remembered, *read])
    figures = {"prompt_tokens": 1, "cached_tokens": 0, "answer_tokens": 1, "first_token_ms": 1, "total_ms": 1}
    done = Done(id=request.id, reason="end", model_sha256="a" * 64, **figures)
    return [Started(request.id), Text(request.id, said), done]
