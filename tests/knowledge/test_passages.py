"""Texts are cut into passages: nothing lost, nothing twice, none too long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.passages import LEAST, MOST, MOST_SIGNS, split, weight

WORDS = st.text("abc xyz.,!? \n", max_size=60) | st.text(max_size=40)
TEXTS = st.lists(WORDS | st.just("Kasa yuri. ") | st.just("\n\n"), max_size=400).map("".join)


def signs(text: str) -> str:
    return re.sub(r"\s", "", text)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_nothing_is_left_out_and_nothing_stands_twice(text: str) -> None:
    assert signs("".join(split(text))) == signs(text)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_no_passage_is_too_long_or_empty(text: str) -> None:
    for passage in split(text):
        assert passage.strip() == passage != ""
        assert weight(passage) <= MOST
        assert len(passage) <= MOST_SIGNS


def sentences(count: int, words: int = 10) -> str:
    return " ".join(f"{' '.join(f'w{number}x{word}' for word in range(words))}." for number in range(count))


def test_a_short_text_is_one_passage() -> None:
    assert split("One line.\n\nAnother line.") == ["One line.\n\nAnother line."]


def test_long_paragraphs_are_cut_at_sentences_in_even_parts() -> None:
    parts = split(sentences(40))
    assert [part[-1] for part in parts] == ["."] * len(parts)
    assert all(LEAST <= weight(part) <= MOST for part in parts)
    assert max(map(weight, parts)) - min(map(weight, parts)) <= 20


def test_paragraphs_stay_whole_where_they_fit() -> None:
    paragraphs = [sentences(10), sentences(12), sentences(9)]
    assert split("\n\n".join(paragraphs)) == paragraphs


def test_short_paragraphs_are_joined() -> None:
    parts = split("\n\n".join(sentences(2) for _ in range(20)))
    assert all(LEAST <= weight(part) <= MOST for part in parts)


def test_a_passage_ends_where_a_sentence_of_another_script_ends() -> None:
    for stop in ("؟ ", "۔ ", "। ", "。"):
        word = "字" if stop == "。" else "word "
        text = (word * 30 + stop) * 12
        assert all(part.endswith(stop.strip()) for part in split(text))


@pytest.mark.parametrize("text", ["", " \n ", "x", "a" * 200_000, "字" * 5_000, " ".join(["w"] * 30_000)])
def test_extremes(text: str) -> None:
    parts = split(text)
    assert signs("".join(parts)) == signs(text)
    assert all(weight(part) <= MOST for part in parts)
