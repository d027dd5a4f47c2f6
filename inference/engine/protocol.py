"""The messages between the node and its inference worker, and how they travel.

A frame is a 4-byte big-endian length and a UTF-8 JSON object of that many bytes. Every message has a
`type`, and requests have an `id` that is unique on its connection; events name the request they belong to.
Both sides are bounded: what is too long, malformed or unknown raises ProtocolError and changes nothing.
"""

import json
import re
import struct
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

MAX_FRAME = 1 << 20
"""Longest JSON text of a frame, in bytes."""

MAX_TURNS = 400
MAX_TOKENS = 4096
MAX_PASSAGES = 8
MAX_PASSAGE_CHARACTERS = 4_000
MAX_REMEMBERED = 30
MAX_REMEMBERED_CHARACTERS = 200

HEADER = struct.Struct(">I")

DoneReason = Literal["end", "length", "cancelled"]
WorkerState = Literal["idle", "loading", "ready", "model_missing"]

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ProtocolError(ValueError):
    """A message that breaks the protocol.

    The text is a sentence; `request_id` is set when it could be read.
    """

    def __init__(self, sentence: str, request_id: str = "") -> None:
        super().__init__(sentence)
        self.request_id = request_id


class FrameTooLong(ProtocolError):
    """A frame announced more bytes than allowed: the stream cannot be followed any further."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said: a member ("user") or the model ("assistant")."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the community's knowledge, to be read beside the question."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Generate:
    """Ask for an answer to the last turn, which is the member's.

    `member` and `conversation` are opaque names; nothing computed for one member is reused for another, and
    nothing is kept without a conversation. `max_tokens` may shorten the longest answer of the behaviour,
    never extend it. With `preview` the behaviour may also be that of a proposal under discussion. `passages`, the
    best first, are placed next to the question; what is computed with them is never kept. `remembered`, what the member
    lets the AI remember, the newest first, stands there too: of that request only what comes before it is kept.
    """

    id: str
    member: str
    conversation: str | None
    behaviour: str
    turns: tuple[Turn, ...]
    max_tokens: int | None = None
    preview: bool = False
    passages: tuple[Passage, ...] = ()
    remembered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the request `id` of the same connection; it ends with Done("cancelled")."""

    id: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Drop at once what is kept of a member's conversations (of one, if named). Answered by Forgotten."""

    id: str
    member: str
    conversation: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Ask how the worker is. Answered by StatusReport."""

    id: str


@dataclass(frozen=True, slots=True)
class Queued:
    """The request waits: `position` 1 is next, and it starts in about `estimate_seconds`.

    Sent again on change.
    """

    id: str
    position: int
    estimate_seconds: float


@dataclass(frozen=True, slots=True)
class Started:
    """The model reads the request now."""

    id: str


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of the answer: whole characters only, no control characters but newline and tab."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The answer is complete (`end`), reached its longest length (`length`) or was stopped (`cancelled`).

    `cached_tokens` of the prompt's `prompt_tokens` needed no computing; times count from the request's
    arrival; `model_sha256` names the file that answered, which may be a tuned variant of the behaviour's
    model; `remembered` of what the member lets the AI remember were in the prompt.
    """

    id: str
    reason: DoneReason
    prompt_tokens: int
    cached_tokens: int
    answer_tokens: int
    first_token_ms: int
    total_ms: int
    model_sha256: str
    remembered: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """There will be no (more) answer.

    `code` is one of `engine.FailureCode`; `detail` holds its figures and `message`.

    `id` is "" when the worker could not tell which request was meant.
    """

    id: str
    code: str
    detail: dict[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many kept conversations were dropped."""

    id: str
    conversations: int


@dataclass(frozen=True, slots=True)
class StatusReport:
    """How the worker is.

    `problem` says why there is no model when `state` is "model_missing"; figures are current.

    `kv_tokens` is the room for reading and writing, in tokens; `kv_reserved` of it is promised to running
    requests; speeds are measured, 0 before the first measurement; `context_tokens` bounds one request.
    """

    id: str
    state: WorkerState
    problem: str
    model_sha256: str
    model_name: str
    pid: int
    uptime_seconds: int
    running: int
    queued: int
    kept_conversations: int
    kv_tokens: int
    kv_reserved: int
    context_tokens: int
    prompt_tokens_per_second: float
    answer_tokens_per_second: float
    resident_mb: int


Request = Generate | Cancel | Forget | Status
Event = Queued | Started | Text | Done | Failed
Reply = Event | Forgotten | StatusReport
Message = Request | Reply

_NAMES: dict[type, str] = {
    Generate: "generate",
    Cancel: "cancel",
    Forget: "forget",
    Status: "status",
    Queued: "queued",
    Started: "started",
    Text: "text",
    Done: "done",
    Failed: "failed",
    Forgotten: "forgotten",
    StatusReport: "status_report",
}
_REPLIES = {_NAMES[kind]: kind for kind in (Queued, Started, Text, Done, Failed, Forgotten, StatusReport)}


def encode(message: Message) -> bytes:
    """The frame of a message. Raises ProtocolError when it would be too long or is not Unicode text."""
    data = {"type": _NAMES[type(message)], **asdict(message)}
    try:
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (UnicodeEncodeError, ValueError) as error:
        raise ProtocolError("The text is not valid Unicode.", message.id) from error
    if len(body) > MAX_FRAME:
        raise FrameTooLong(f"The message has {len(body)} bytes; at most {MAX_FRAME} fit.", message.id)
    return HEADER.pack(len(body)) + body


class FrameSplitter:
    """Cuts a byte stream into the JSON texts of its frames.

    Feed it what arrives; it holds what is incomplete.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def partial(self) -> bool:
        """True while a frame has begun and not ended."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes. Raises FrameTooLong as soon as a header announces too much."""
        self._buffer += data
        frames = []
        while len(self._buffer) >= HEADER.size:
            (length,) = HEADER.unpack_from(self._buffer)
            if length > MAX_FRAME:
                raise FrameTooLong(f"A frame announced {length} bytes; at most {MAX_FRAME} are allowed.")
            end = HEADER.size + length
            if len(self._buffer) < end:
                break
            frames.append(bytes(self._buffer[HEADER.size : end]))
            del self._buffer[:end]
        return frames


def decode_request(body: bytes) -> Request:
    """The request in a frame's JSON text.

    Raises ProtocolError, with the request's id when that much was readable.
    """
    data = _object(body)
    request_id = data.get("id")
    if not isinstance(request_id, str) or not _ID.fullmatch(request_id):
        raise ProtocolError("The id must be 1 to 64 letters, digits, or _ . : -")
    fields = _Fields(data, request_id)
    kind = fields.text("type", 1, 32)
    request: Request
    if kind == "generate":
        request = Generate(
            id=request_id,
            member=fields.text("member", 1, 64),
            conversation=fields.optional_text("conversation", 64),
            behaviour=fields.sha256("behaviour"),
            turns=fields.turns("turns"),
            max_tokens=fields.optional_int("max_tokens", 1, MAX_TOKENS),
            preview=fields.flag("preview"),
            passages=fields.passages("passages"),
            remembered=fields.remembered("remembered"),
        )
    elif kind == "cancel":
        request = Cancel(request_id)
    elif kind == "forget":
        request = Forget(request_id, fields.text("member", 1, 64), fields.optional_text("conversation", 64))
    elif kind == "status":
        request = Status(request_id)
    else:
        raise ProtocolError("The type of the message is unknown.", request_id)
    fields.no_others()
    return request


def decode_reply(body: bytes) -> Reply:
    """The worker's message in a frame's JSON text.

    Raises ProtocolError when it is none that this version knows.
    """
    data = _object(body)
    kind = _REPLIES.get(str(data.pop("type", "")))
    if kind is None:
        raise ProtocolError("The worker sent a message of an unknown type.")
    try:
        return kind(**data)
    except TypeError as error:
        raise ProtocolError("The worker sent a message with unknown or missing parts.") from error


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body.decode())
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ProtocolError("The message is not JSON.") from error
    if not isinstance(data, dict):
        raise ProtocolError("The message is not a JSON object.")
    return data


class _Fields:
    """Takes a message's parts out one by one, each checked."""

    def __init__(self, data: dict[str, Any], request_id: str) -> None:
        self._data = data
        self._request_id = request_id
        self._data.pop("id")

    def fail(self, name: str, sentence: str) -> ProtocolError:
        return ProtocolError(f"{name}: {sentence}", self._request_id)

    def text(self, name: str, least: int, most: int) -> str:
        value = self._data.pop(name, None)
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise self.fail(name, f"must be a text of {least} to {most} characters.")
        return self._unicode(name, value)

    def optional_text(self, name: str, most: int) -> str | None:
        return None if self._absent(name) else self.text(name, 1, most)

    def sha256(self, name: str) -> str:
        value = self.text(name, 64, 64)
        if not _SHA256.fullmatch(value):
            raise self.fail(name, "must be a SHA-256 in hexadecimal.")
        return value

    def optional_int(self, name: str, least: int, most: int) -> int | None:
        if self._absent(name):
            return None
        value = self._data.pop(name)
        if type(value) is not int or not least <= value <= most:
            raise self.fail(name, f"must be a whole number from {least} to {most}.")
        return value

    def flag(self, name: str) -> bool:
        value = self._data.pop(name, False)
        if type(value) is not bool:
            raise self.fail(name, "must be true or false.")
        return value

    def turns(self, name: str) -> tuple[Turn, ...]:
        value = self._data.pop(name, None)
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_TURNS:
            raise self.fail(name, f"must be a list of 1 to {MAX_TURNS} turns.")
        turns = []
        for item in value:
            if not isinstance(item, dict) or set(item) != {"role", "content"}:
                raise self.fail(name, "each must have a role and a content.")
            role, content = item["role"], item["content"]
            if role not in ("user", "assistant") or not isinstance(content, str):
                raise self.fail(name, "each must be a text of the user or the assistant.")
            turns.append(Turn(role, self._unicode(name, content)))
        if turns[-1].role != "user" or not turns[-1].content.strip():
            raise self.fail(name, "the last must be a question of the user.")
        return tuple(turns)

    def passages(self, name: str) -> tuple[Passage, ...]:
        value = self._data.pop(name, [])
        if not isinstance(value, list) or len(value) > MAX_PASSAGES:
            raise self.fail(name, f"must be a list of at most {MAX_PASSAGES} passages.")
        passages = []
        for item in value:
            if not isinstance(item, dict) or set(item) != {"title", "text"}:
                raise self.fail(name, "each must have a title and a text.")
            for text in item.values():
                if not isinstance(text, str) or len(text) > MAX_PASSAGE_CHARACTERS:
                    raise self.fail(name, f"each part must be a text of at most {MAX_PASSAGE_CHARACTERS} characters.")
            passages.append(Passage(self._unicode(name, item["title"]), self._unicode(name, item["text"])))
        return tuple(passages)

    def remembered(self, name: str) -> tuple[str, ...]:
        value = self._data.pop(name, [])
        if not isinstance(value, list) or len(value) > MAX_REMEMBERED:
            raise self.fail(name, f"must be a list of at most {MAX_REMEMBERED} texts.")
        for text in value:
            if not isinstance(text, str) or len(text) > MAX_REMEMBERED_CHARACTERS or len(text.splitlines()) > 1:
                raise self.fail(name, f"each must be one line of at most {MAX_REMEMBERED_CHARACTERS} characters.")
        return tuple(self._unicode(name, text) for text in value)

    def no_others(self) -> None:
        if self._data:
            raise ProtocolError("The message has parts that its type does not know.", self._request_id)

    def _absent(self, name: str) -> bool:
        if self._data.get(name) is not None:
            return False
        self._data.pop(name, None)
        return True

    def _unicode(self, name: str, value: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self.fail(name, "holds half of a surrogate pair.") from error
        return value
