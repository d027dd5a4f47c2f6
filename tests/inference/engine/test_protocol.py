"""Frames and messages: what is valid comes back as it was, everything else is one named error."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engine import protocol
from inference.engine.protocol import (
    MAX_FRAME,
    Cancel,
    Done,
    Failed,
    Forget,
    FrameSplitter,
    FrameTooLong,
    Generate,
    ProtocolError,
    Queued,
    Status,
    Text,
    Turn,
)

ids = st.from_regex(r"[A-Za-z0-9_.:-]{1,64}", fullmatch=True)
names = st.text(min_size=1, max_size=64)
contents = st.text(max_size=200)
turns = st.lists(st.builds(Turn, st.sampled_from(["user", "assistant"]), contents), max_size=6)
questions = st.builds(Turn, st.just("user"), contents.filter(str.strip))
requests = st.one_of(
    st.builds(
        Generate,
        id=ids,
        member=names,
        conversation=st.none() | names,
        behaviour=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
        turns=st.builds(lambda earlier, last: (*earlier, last), turns, questions),
        max_tokens=st.none() | st.integers(1, 4096),
        preview=st.booleans(),
    ),
    st.builds(Cancel, ids),
    st.builds(Forget, ids, names, st.none() | names),
    st.builds(Status, ids),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def body(frame: bytes) -> bytes:
    return frame[4:]


@given(requests)
def test_a_request_comes_back_as_it_was(request: protocol.Request) -> None:
    assert protocol.decode_request(body(protocol.encode(request))) == request


@pytest.mark.parametrize(
    "reply",
    [
        Queued("a", 3, 1.5),
        Text("a", "سلام 🌍\n"),
        Done("a", "end", 10, 5, 3, 40, 90, "0" * 64),
        Failed("", "too_long", {"prompt_tokens": 9000, "limit": 7680, "message": "Too long."}),
    ],
)
def test_a_reply_comes_back_as_it_was(reply: protocol.Reply) -> None:
    assert protocol.decode_reply(body(protocol.encode(reply))) == reply


@given(st.lists(requests, max_size=5), st.data())
def test_frames_survive_any_cutting_of_the_stream(sent: list[protocol.Request], data: st.DataObject) -> None:
    stream = b"".join(map(protocol.encode, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    splitter, got = FrameSplitter(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += splitter.feed(stream[start:end])
    assert [protocol.decode_request(frame) for frame in got] == sent
    assert not splitter.partial


@given(st.binary(max_size=300))
def test_garbage_is_one_named_error(garbage: bytes) -> None:
    with pytest.raises(ProtocolError):
        protocol.decode_request(garbage)


@given(st.dictionaries(st.sampled_from(["id", "type", "member", "turns", "behaviour", "max_tokens", "x"]), json_values))
def test_any_object_is_a_request_or_one_named_error(data: dict[str, object]) -> None:
    try:
        request = protocol.decode_request(json.dumps(data).encode())
    except ProtocolError:
        return
    assert protocol.decode_request(body(protocol.encode(request))) == request


@given(requests, st.sampled_from(["id", "member", "turns", "behaviour", "type", "conversation", "more"]), json_values)
def test_one_spoilt_part_never_breaks_anything_else(request: protocol.Request, part: str, value: object) -> None:
    data = json.loads(body(protocol.encode(request)))
    data[part] = value
    fault = None
    try:
        protocol.decode_request(json.dumps(data).encode())
    except ProtocolError as error:
        fault = error
    assert fault is None or fault.request_id in ("", data["id"])


@pytest.mark.parametrize("value", [None, 0, 1, "true", [], {}])
def test_a_preview_is_asked_for_in_so_many_words(value: object) -> None:
    data = json.loads(body(protocol.encode(Generate("a", "m", None, "0" * 64, (Turn("user", "Hi"),)))))
    assert data.pop("preview") is False
    request = protocol.decode_request(json.dumps(data).encode())
    assert isinstance(request, Generate)
    assert request.preview is False
    with pytest.raises(ProtocolError, match="preview"):
        protocol.decode_request(json.dumps({**data, "preview": value}).encode())


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b'{"id":"a","type":"status","x":' + b"9" * 10_000 + b"}",
        b'{"id":"a","type":"generate","member":"\\ud800"}',
        b'{"id":"a","type":["status"]}',
        b'{"id":"a","type":"status","more":1}',
        b'"status"',
        b"",
    ],
)
def test_hostile_json_is_one_named_error(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        protocol.decode_request(text)


def test_a_frame_that_announces_too_much_is_refused_before_it_arrives() -> None:
    with pytest.raises(FrameTooLong):
        FrameSplitter().feed((MAX_FRAME + 1).to_bytes(4, "big"))


def test_too_much_or_broken_text_is_refused_before_it_is_sent() -> None:
    huge = Generate("a", "m", None, "0" * 64, (Turn("user", "x" * MAX_FRAME),))
    with pytest.raises(FrameTooLong):
        protocol.encode(huge)
    with pytest.raises(ProtocolError):
        protocol.encode(Generate("a", "m", None, "0" * 64, (Turn("user", "\ud800"),)))
