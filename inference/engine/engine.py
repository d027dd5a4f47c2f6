"""The narrow seam between the node and whatever generates text."""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Protocol

from inference.engine.protocol import Event, Generate


class FailureCode(StrEnum):
    """Why there is no (more) answer. `Failed.detail` always has a `message`, in English, for the log."""

    TOO_LONG = "too_long"
    """The last question alone does not fit; detail: `prompt_tokens`, `limit`."""
    BEHAVIOUR_UNKNOWN = "behaviour_unknown"
    """No decision put this behaviour in force."""
    BUSY = "busy"
    """Too many wait; detail: `scope` ("member" or "all"), `waiting`, `limit`."""
    DECODE_FAILED = "decode_failed"
    """llama.cpp could not compute this request; others go on."""
    WORKER_GONE = "worker_gone"
    """The worker died or does not run; made by the client."""
    MODEL_MISSING = "model_missing"
    """The behaviour's model cannot be loaded; `message` says why."""
    BAD_REQUEST = "bad_request"
    """The request breaks the protocol."""
    PAUSED = "paused"
    """The community's brake stopped the AI; made by the node, before it asks the worker."""


class Engine(Protocol):
    """Generates answers. `AsyncEngineClient` is the one in use."""

    def generate(self, request: Generate) -> AsyncIterator[Event]:
        """The request's events: Queued (any number), Started, Text (any number), and last Done or Failed."""
        ...

    async def cancel(self, request_id: str) -> None:
        """Stop a request; it ends with Done("cancelled") and what it had. Unknown ids are ignored."""
        ...
