"""How text is compared: folding for the index, keys of titles, what a question may name."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import titles
from knowledge.folding import LONGEST_WORD, fold, grams, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("What does «Llamk'ay» mean?", " what does llamk ay mean "),
        ("ÉCOLE Straße", " ecole strasse "),
        ("e\u0301cole", " ecole "),
        ("Tiếng Việt", " tieng viet "),
        ("أهلاً وَسَهلاً", " اهلا وسهلا "),
        ("كتــاب", " كتاب "),
        ("שָׁלוֹם", " שלום "),
        ("हिन्दी में", " हिन्दी में "),
        ("漢字 and kana", " 漢 字 and kana "),
        ("한국어 말", " 한국어 말 "),
        ("Ŝ ø İstanbul ǅ", " s ø istanbul dz "),
        ("a_b-c", " a b c "),
        ("", " "),
        ("?!… 🦙", " "),
        ("\ud800x\x00y", " x y "),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_folded_text_is_words_with_single_spaces_and_stays_as_it_is(text: str) -> None:
    folded = fold(text)
    assert folded == f" {' '.join(folded.split())} " or folded == " "
    assert all(unicodedata.category(sign)[0] in "LNM" for word in words(folded) for sign in word)
    assert all(len(word) <= LONGEST_WORD for word in words(folded))
    assert fold(folded) == folded


@given(st.text(max_size=40))
def test_composed_and_decomposed_are_one(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
    assert titles.key(unicodedata.normalize("NFD", text)) == titles.key(unicodedata.normalize("NFC", text))


def test_grams_are_all_runs_of_characters() -> None:
    assert grams(" abab ", 3) == [" ab", "aba", "bab", "ab "]
    assert grams(" ", 3) == []


@pytest.mark.parametrize(
    ("text", "key", "plain"),
    [
        ("  Llamk'ay! ", "llamk'ay", "llamk'ay"),
        ("«Qué» es", "qué es", "que es"),
        ("well-known", "well-known", "well-known"),
        ("???", "", ""),
        ("École (f.)", "école f", "ecole f"),
    ],
)
def test_keys_of_titles(text: str, key: str, plain: str) -> None:
    assert (titles.key(text), titles.plain(text)) == (key, plain)


def test_a_question_names_every_run_of_its_words_the_longest_first() -> None:
    found = titles.candidates("What is “Sumaq kawsay”, please?")
    assert found[0] == "what is sumaq kawsay please"
    assert {"sumaq kawsay", "sumaq", "kawsay", "what is"} <= set(found)
    assert found == sorted(found, key=len, reverse=True)


def test_in_scripts_without_spaces_every_run_of_signs_is_named() -> None:
    assert {"漢字", "字の"} <= set(titles.candidates("この漢字の意味は？"))


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_has_candidates_that_are_keys(text: str) -> None:
    found = titles.candidates(text)
    assert all(len(each) <= titles.KEY_LENGTH for each in found)
    assert bool(found) is bool(titles.key(text))
