"""llama.cpp below the worker: whole characters, isolated failures, and cells that only their owner reads."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.behaviour import Behaviour, Wording
from inference.engine.batcher import Batcher
from inference.engine.ledger import KeptKey
from inference.engine.llama import BATCH, DecodeFailed, LlamaModel, ModelUnusable, Part, Sampler, TextAssembler
from inference.engine.protocol import Done, Generate, Turn
from inference.engine.served import EngineSettings, ModelOnDisk, Served
from inference.engine.stream import Stream

NUMBERS = itertools.count(1)


def admitted(served: Served, behaviour: Behaviour, member: str, text: str, conversation: str | None = None) -> Stream:
    """A stream as the engine's loop would start it."""
    request = Generate(f"r{next(NUMBERS)}", member, conversation, behaviour.sha256, (Turn("user", text),), 8)
    stream = Stream(1, request, behaviour, served.file, arrived=time.monotonic())
    stream.answer_limit = served.answer_limit(behaviour, request.max_tokens)
    stream.prompt = served.prompt(behaviour, request.turns, stream.answer_limit)
    held = served.ledger.reserve(
        stream.key,
        tokens=stream.prompt.tokens,
        prefix_tokens=stream.prompt.prefix_tokens,
        answer_tokens=stream.answer_limit,
        prefix_key=stream.prefix_key,
        conversation=stream.kept_key,
    )
    assert held is not None
    served.wipe()
    if held.reused:
        served.context.cut(held.seq, held.reused)
    stream.begin(served, held, stream.prompt)
    return stream


def finished(served: Served, stream: Stream, keep: KeptKey | None = None) -> None:
    served.ledger.release(stream.key, keep=keep, tokens=stream.tokens[: stream.computed], now=time.monotonic())
    served.wipe()
    stream.close()


def run(batcher: Batcher, streams: list[Stream], steps: int = 40) -> dict[str, str]:
    """Step until all have ended; returns how each did."""
    ended: dict[str, str] = {}
    for _ in range(steps):
        open_streams = [stream for stream in streams if stream.request.member not in ended]
        if not open_streams:
            break
        for outcome in batcher.step(open_streams):
            ended[outcome.stream.request.member] = outcome.reason
    return ended


@given(st.text(max_size=60), st.data())
def test_text_is_never_cut_inside_a_character(text: str, data: st.DataObject) -> None:
    stream = text.encode(errors="replace")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    assembler = TextAssembler()
    pieces = [assembler.add(stream[a:b]) for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole = stream.decode()
    assert "".join(pieces) == "".join(c for c in whole if c in "\n\t" or not (ord(c) < 32 or 127 <= ord(c) < 160))


def test_a_character_cut_off_at_the_end_is_dropped() -> None:
    assembler = TextAssembler()
    assert assembler.add("é🌍".encode()[:-1]) == "é"


def test_the_shared_prefix_is_computed_once_and_nothing_else_is_shared(served: Served, behaviour: Behaviour) -> None:
    batcher = Batcher(served)
    one = admitted(served, behaviour, "ana", "What is bread?")
    two = admitted(served, behaviour, "ben", "What is bread?")
    prefix = len(one.prefix.tokens)
    assert one.prefix is two.prefix
    assert one.seq != two.seq
    batcher.step([one, two])  # the prefix comes first
    while not one.prefix.ready:
        batcher.step([one, two])
    assert served.context.last_position(one.prefix.seq) == prefix - 1
    assert run(batcher, [one, two]).keys() == {"ana", "ben"}
    # Ben reused the prefix and not a token more, though Ana asked the very same.
    three = admitted(served, behaviour, "cho", "What is bread?")
    assert three.cached == prefix
    assert three.computed == 0
    for stream in (one, two, three):
        seq = stream.seq
        finished(served, stream)
        assert served.context.last_position(seq) == -1


def test_a_kept_conversation_returns_to_its_member_only(served: Served, behaviour: Behaviour) -> None:
    batcher = Batcher(served)
    secret = admitted(served, behaviour, "ana", "The gate code is 4711-heron.", conversation="c")
    run(batcher, [secret])
    kept_seq, prefix = secret.seq, len(secret.prefix.tokens)
    finished(served, secret, keep=secret.kept_key)
    other = admitted(served, behaviour, "ben", "The gate code is 4711-heron.", conversation="c")
    assert other.seq != kept_seq
    assert other.cached == prefix
    assert served.context.last_position(other.seq) == -1  # nothing in it before it is computed
    elsewhere = admitted(served, behaviour, "ana", "The gate code is 4711-heron.", conversation="d")
    assert elsewhere.seq != kept_seq
    assert elsewhere.cached == prefix
    again = admitted(served, behaviour, "ana", "The gate code is 4711-heron. Say it.", conversation="c")
    assert again.seq == kept_seq
    assert again.cached > prefix
    # What differed from the kept text is gone from the cache, too.
    assert served.context.last_position(again.seq) == again.computed - 1
    for stream in (other, elsewhere, again):
        finished(served, stream)
    assert served.ledger.forget("ana") == 0


def test_a_changed_behaviour_reuses_nothing(served: Served, behaviour: Behaviour) -> None:
    batcher = Batcher(served)
    first = admitted(served, behaviour, "ana", "Hello", conversation="c")
    run(batcher, [first])
    finished(served, first, keep=first.kept_key)
    changed = Behaviour.from_json({**behaviour.to_json(), "charter": behaviour.charter + " Be brief."})
    second = admitted(served, changed, "ana", "Hello", conversation="c")
    assert second.cached == 0
    assert second.prefix is not first.prefix
    finished(served, second)
    served.ledger.forget("ana")
    served.wipe()


def test_a_failed_decode_fails_one_request_and_not_its_neighbours(served: Served, behaviour: Behaviour) -> None:
    batcher = Batcher(served)
    streams = [admitted(served, behaviour, member, "Tell me about rivers.") for member in ("ana", "ben", "cho")]
    mannered = replace(behaviour, greeting="Hi!", max_sentences=1, wordings=(Wording("river", "awa"),))
    streams.append(admitted(served, mannered, "dua", "Tell me about rivers."))
    while not all(stream.writing for stream in streams):
        batcher.step(streams)
    streams[2].tokens[-1] = served.model.vocab_size + 5  # llama.cpp refuses a token that does not exist
    reader = admitted(served, behaviour, "eve", "And about lakes?")
    ended = run(batcher, [*streams, reader])
    assert ended.pop("cho") == "failed"
    assert set(ended) == {"ana", "ben", "dua", "eve"}
    assert set(ended.values()) <= {"end", "length"}
    for stream in [*streams, reader]:
        finished(served, stream)


def test_an_answer_stopped_before_its_first_word_does_not_even_greet(served: Served, behaviour: Behaviour) -> None:
    stream = admitted(served, replace(behaviour, greeting="Hi!"), "ana", "Tell me about rivers.")
    stream.finish("cancelled", time.monotonic())
    assert [type(event) for event in stream.events] == [Done]
    finished(served, stream)


def test_a_failed_prompt_fails_alone(served: Served, behaviour: Behaviour) -> None:
    batcher = Batcher(served)
    good = admitted(served, behaviour, "ana", "Tell me about rivers.")
    bad = admitted(served, behaviour, "ben", "Tell me about rivers.")
    bad.tokens[-1] = served.model.vocab_size + 5
    ended = run(batcher, [good, bad])
    assert ended.pop("ben") == "failed"
    assert ended["ana"] in ("end", "length")
    for stream in (good, bad):
        finished(served, stream)


def test_a_refused_batch_leaves_the_cache_as_it_was(served: Served) -> None:
    context = served.context
    tokens = served.model.tokenize("once upon a time", False)
    context.decode([Part(90, 0, tokens, True)])
    with pytest.raises(DecodeFailed):
        context.decode([Part(90, len(tokens), tokens, False), Part(91, 0, [served.model.vocab_size], True)])
    assert (context.last_position(90), context.last_position(91)) == (len(tokens) - 1, -1)
    context.cut(90)


def test_choosing_candidates_before_the_penalty_changes_nothing(served: Served, behaviour: Behaviour) -> None:
    """The shortcut in Sampler is exact: with one candidate left, both chains must pick the same token."""
    parts = {**behaviour.to_json(), "temperature_milli": 0, "repeat_penalty_milli": 1300}
    short = Sampler(served.model, Behaviour.from_json({**parts, "top_k": 1}), 1)
    plain = Sampler(served.model, Behaviour.from_json({**parts, "top_k": 0}), 1)
    tokens = served.model.tokenize("one two three one two three one two", False)
    picked: list[int] = []
    for step in range(24):
        row = served.context.decode(
            [Part(92, 0 if step == 0 else len(tokens) + step - 1, tokens if step == 0 else picked[-1:], True)]
        )
        token = short.sample(served.context, row[0])
        assert plain.sample(served.context, row[0]) == token
        picked.append(token)
    assert len(set(picked)) > 3
    served.context.cut(92)
    short.close()
    plain.close()


def test_what_is_forbidden_is_not_chosen(served: Served, behaviour: Behaviour) -> None:
    greedy = Sampler(served.model, Behaviour.from_json({**behaviour.to_json(), "temperature_milli": 0}), 1)
    row = served.context.decode([Part(93, 0, served.model.tokenize("one two three four", False), True)])[0]
    first = greedy.sample(served.context, row)
    served.context.forbid(row, {first})
    assert greedy.sample(served.context, row) != first
    served.context.cut(93)
    greedy.close()


def test_long_texts_are_tokenised_whole(served: Served) -> None:
    text = "héllo wörld 🌍 " * 2000
    tokens = served.model.tokenize(text, False)
    assert b"".join(map(served.model.piece, tokens)).decode() == text
    assert len(tokens) > BATCH


def test_a_file_that_is_no_model_or_was_changed_is_refused(tmp_path, served: Served) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(served.file.path.read_bytes()[:1_000_000])
    with pytest.raises(ModelUnusable):
        LlamaModel(broken)
    with pytest.raises(ModelUnusable, match="changed"):
        Served(ModelOnDisk(broken, served.file.sha256, "broken"), EngineSettings())
    with pytest.raises(ModelUnusable, match="cannot be read"):
        Served(ModelOnDisk(tmp_path / "none.gguf", served.file.sha256, "none"), EngineSettings())
