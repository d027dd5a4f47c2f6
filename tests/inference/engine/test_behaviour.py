"""A behaviour: exact, bounded, and the same hash on every machine."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.behaviour import (
    BOUNDS,
    LABELS,
    MAX_CHARTER_CHARACTERS,
    MAX_GREETING_CHARACTERS,
    MAX_WORDINGS,
    Behaviour,
    InvalidBehaviour,
    Tone,
    Wording,
    founding_behaviour,
)
from inference.wording import MAX_WORDING_CHARACTERS, TOLD_CHARACTERS

MODEL = "ab" * 32
lines = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=20).map(str.strip).filter(str.isprintable)
# Only letters that are no one's whole word can follow each other freely: what is said begins with a mark of its own.
wordings = st.lists(st.text("abcdé", min_size=1, max_size=6), max_size=5, unique=True).map(
    lambda words: tuple(Wording(word, f"¤{number}") for number, word in enumerate(words))
)
behaviours = st.builds(
    Behaviour,
    charter=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200).filter(str.strip),
    tone=st.sampled_from(Tone.values),
    greeting=lines,
    wordings=wordings,
    model_sha256=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    **{name: st.integers(low, high) for name, (low, high) in BOUNDS.items()},
)


def founding() -> Behaviour:
    return founding_behaviour(community_name="Río Bravo", model_sha256=MODEL)


def refused(*, field: str, **parts: object) -> None:
    with pytest.raises(InvalidBehaviour) as refusal:
        Behaviour.from_json({**founding().to_json(), **parts})
    assert refusal.value.field == field
    assert str(refusal.value).endswith(".")


@given(behaviours)
def test_json_keeps_everything_and_names_the_content(behaviour: Behaviour) -> None:
    again = Behaviour.from_json(json.loads(json.dumps(behaviour.to_json())))
    assert again == behaviour
    assert again.sha256 == behaviour.sha256


@given(behaviours, st.sampled_from(sorted(BOUNDS)))
def test_any_change_changes_the_hash(behaviour: Behaviour, name: str) -> None:
    low, high = BOUNDS[name]
    value = getattr(behaviour, name)
    changed = Behaviour.from_json({**behaviour.to_json(), name: low if value != low else high})
    assert changed.sha256 != behaviour.sha256


PARTS = [("tone", "formal"), ("greeting", "¡Hola!"), ("wordings", [{"instead_of": "river", "say": "awa"}])]


@pytest.mark.parametrize(("name", "value"), PARTS)
def test_any_change_of_manner_changes_the_hash(name: str, value: object) -> None:
    changed = Behaviour.from_json({**founding().to_json(), name: value})
    assert changed.sha256 != founding().sha256
    assert changed.to_json()[name] == value


def test_the_order_in_which_wordings_are_given_changes_nothing() -> None:
    one, two = Wording("River", "awa"), Wording("bird", "manu")
    assert replace(founding(), wordings=(one, two)).sha256 == replace(founding(), wordings=(two, one)).sha256
    assert replace(founding(), wordings=(one, two)).wordings == (two, one)


def test_the_hash_is_that_of_the_canonical_json() -> None:
    canonical = json.dumps(founding().to_json(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert founding().sha256 == hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_numbers_outside_their_bounds_are_refused_by_name(name: str) -> None:
    low, high = BOUNDS[name]
    for value in (low - 1, high + 1, float(low), str(low), None, True):
        with pytest.raises(InvalidBehaviour) as refused:
            Behaviour.from_json({**founding().to_json(), name: value})
        assert refused.value.field == name
        assert str(refused.value).endswith(".")


@pytest.mark.parametrize("charter", ["", "  \n", "x" * (MAX_CHARTER_CHARACTERS + 1), "a\x00b", "a\ud800b", 7, None])
def test_an_impossible_charter_is_refused(charter: object) -> None:
    with pytest.raises(InvalidBehaviour) as refused:
        Behaviour.from_json({**founding().to_json(), "charter": charter})
    assert refused.value.field == "charter"


@pytest.mark.parametrize("data", [None, [], {}, {"charter": "x"}, "text"])
def test_missing_and_unknown_parts_are_refused(data: object) -> None:
    with pytest.raises(InvalidBehaviour):
        Behaviour.from_json(data)
    with pytest.raises(InvalidBehaviour):
        Behaviour.from_json({**founding().to_json(), "more": 1})


def test_a_model_is_named_by_its_hash_only() -> None:
    for name in ("smollm2", MODEL.upper(), MODEL[:-1], 5):
        with pytest.raises(InvalidBehaviour):
            Behaviour.from_json({**founding().to_json(), "model_sha256": name})


@pytest.mark.parametrize("tone", ["", "Warm", "angry", None, 1])
def test_a_tone_is_one_of_four(tone: object) -> None:
    refused(tone=tone, field="tone")


@pytest.mark.parametrize(
    "greeting",
    [None, 3, "x" * (MAX_GREETING_CHARACTERS + 1), " Hola", "Hola ", "a\nb", "a\tb", "a\u202eb", "a\ud800", "\x00"],
)
def test_an_impossible_greeting_is_refused(greeting: object) -> None:
    refused(greeting=greeting, field="greeting")


@pytest.mark.parametrize(
    "greeting", ["", "¡Hola!", "سلام", "می\u200cگویم", "Kia ora 👋", "x" * MAX_GREETING_CHARACTERS]
)
def test_a_greeting_is_any_line(greeting: str) -> None:
    assert Behaviour.from_json({**founding().to_json(), "greeting": greeting}).greeting == greeting


def pair(instead_of: object, say: object) -> dict[str, object]:
    return {"instead_of": instead_of, "say": say}


@pytest.mark.parametrize(
    "wordings",
    [
        None,
        {},
        "river",
        [["river", "awa"]],
        [{"instead_of": "river"}],
        [{**pair("river", "awa"), "more": 1}],
        [pair("", "awa")],
        [pair("river", "")],
        [pair(" river", "awa")],
        [pair("river", "a\nwa")],
        [pair("river", "\ud800")],
        [pair(5, "awa")],
        [pair("r" * (MAX_WORDING_CHARACTERS + 1), "awa")],
        [pair("...", "!")],
        [pair("river", "awa"), pair("River", "wai")],
        [pair("don't", "do not"), pair("don’t", "never")],
        [pair("river", "big water"), pair("Water", "wai")],
        [pair("a", "b"), pair("b", "a")],
        [pair(f"word{i}", "x") for i in range(MAX_WORDINGS + 1)],
    ],
)
def test_impossible_wordings_are_refused(wordings: object) -> None:
    refused(wordings=wordings, field="wordings")


def test_wordings_that_look_like_a_circle_and_are_none() -> None:
    wordings = [pair("river", "riverside"), pair("sea", "the sea of Moana"), pair("side", "part")]
    assert len(Behaviour.from_json({**founding().to_json(), "wordings": wordings}).wordings) == 3


def test_a_word_is_the_same_however_its_accents_are_typed() -> None:
    assert Wording("ma\u0304ori", "x") == Wording("m\u0101ori", "x")


def test_the_instructions_tell_the_manner_and_are_the_charter_first() -> None:
    plain = founding().instructions
    assert plain.startswith(founding().charter)
    assert "warm and friendly" in plain
    assert "at most" not in plain
    assert "in one sentence" in replace(founding(), max_sentences=1).instructions
    assert "at most 2 sentences" in replace(founding(), max_sentences=2).instructions
    assert "“awa” instead of “river”" in replace(founding(), wordings=(Wording("river", "awa"),)).instructions
    assert len({replace(founding(), tone=tone).instructions for tone in Tone.values}) == 4


def test_a_long_list_of_wordings_is_told_in_part() -> None:
    many = tuple(Wording(f"word{i}" + "x" * 50, "y" * 50 + str(i)) for i in range(MAX_WORDINGS))
    told = len(replace(founding(), wordings=many).instructions) - len(founding().instructions)
    assert 0 < told < TOLD_CHARACTERS + 50


def test_every_part_has_a_name_for_people() -> None:
    assert set(LABELS) == {field.name for field in fields(Behaviour)}


def test_the_founding_charter_names_the_community() -> None:
    assert "Río Bravo" in founding().charter
