"""Canonical JSON: one spelling for one value, and no floating point."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.audit.canonical import NotCanonical, canonical, parse, parse_canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_the_value_comes_back_from_its_one_spelling(value: object) -> None:
    data = canonical(value)
    assert parse_canonical(data) == value
    assert json.loads(data) == value
    assert canonical(json.loads(data)) == data


def test_keys_are_ordered_by_utf16_and_nothing_is_added() -> None:
    # RFC 8785, section 3.2.3
    value = {"€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\x80": 6, "ö": 7}
    assert list(json.loads(canonical(value))) == ["\r", "1", "\x80", "ö", "€", "😀", "\ufb33"]
    assert canonical({"b": [1, True, None], "a": "ñ\n"}) == '{"a":"ñ\\n","b":[1,true,null]}'.encode()


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        {"a": [0.5]},
        {1: "a"},
        {"a": {2: 3}},
        2**53,
        -(2**53),
        "\ud800",
        {"\udc00": 1},
        b"x",
        {1, 2},
        object(),
    ],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(NotCanonical):
        canonical(loop)


@pytest.mark.parametrize("data", [b"", b"{", b"1.5", b"NaN", b'{"a":1,"a":1}', b"\xff", b"1e3", b"[" * 100_000])
def test_what_is_no_exact_json_is_not_read(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse(data)


@pytest.mark.parametrize("data", [b"{ }", b'{"b":1,"a":2}', b'"\\u00e9"', b" 1", b"[1, 2]"])
def test_another_spelling_is_not_the_canonical_one(data: bytes) -> None:
    parse(data)
    with pytest.raises(NotCanonical):
        parse_canonical(data)
