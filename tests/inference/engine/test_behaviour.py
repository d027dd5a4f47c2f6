"""A behaviour: exact, bounded, and the same hash on every machine."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.behaviour import BOUNDS, MAX_CHARTER_CHARACTERS, Behaviour, InvalidBehaviour, founding_behaviour

MODEL = "ab" * 32
behaviours = st.builds(
    Behaviour,
    charter=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200).filter(str.strip),
    model_sha256=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    **{name: st.integers(low, high) for name, (low, high) in BOUNDS.items()},
)


def founding() -> Behaviour:
    return founding_behaviour(community_name="Río Bravo", model_sha256=MODEL)


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


def test_the_founding_charter_names_the_community() -> None:
    assert "Río Bravo" in founding().charter
