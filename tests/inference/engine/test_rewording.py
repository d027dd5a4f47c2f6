"""The community's words in a stream of text: all of them, whole words only, in whatever pieces the text comes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engine.rewording import Rewording
from inference.wording import Wording, contains, folded

OURS = (
    Wording("river", "awa"),
    Wording("Big River", "Te Awa Nui"),
    Wording("sea", "moana"),
    Wording("UN", "United Nations"),
    Wording("don't", "do not"),
    Wording("C++", "our language"),
    Wording("māori", "tangata whenua"),
    Wording("水", "moana"),
    Wording("पानी", "जल"),
    Wording("Ελλάς", "Hellas"),
)


def reworded(pieces: list[str], wordings: tuple[Wording, ...] = OURS) -> str:
    rewording = Rewording(wordings)
    said = "".join(map(rewording.add, pieces))
    return said + rewording.finish()


def cut(text: str, at: list[int]) -> list[str]:
    places = sorted(place % (len(text) + 1) for place in at)
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A river.", "A awa."),
        ("River, RIVER, rIVER", "Awa, AWA, awa"),
        ("the big river", "the Te Awa Nui"),
        ("THE BIG RIVER", "THE TE AWA NUI"),
        ("a big\nriver", "a Te Awa Nui"),
        ("a big  river, a bigger river", "a big  awa, a bigger awa"),
        ("rivers, riverside, driver, my_river, river2", "rivers, riverside, driver, my_river, river2"),
        ("river's, river’s, rivers', 'river', river'll", "awa's, awa’s, rivers', 'awa', river'll"),
        ("river-bank (river) *river* “river” river—river/river", "awa-bank (awa) *awa* “awa” awa—awa/awa"),
        ("river.org www.river.org river. Next river.", "river.org www.river.org awa. Next awa."),
        ("the un, the UN, Un", "the United Nations, the United Nations, United Nations"),
        ("Don't! I don’t. DON'T", "Do not! I do not. DO NOT"),
        ("C++ is fun, C++! C+ c++", "our language is fun, our language! C+ our language"),
        ("Ma\u0304ori, M\u0101ori, maori", "Tangata whenua, Tangata whenua, maori"),
        ("喝水吧", "喝moana吧"),
        ("पानी, पानीपत, दूध-पानी।", "जल, पानीपत, दूध-जल।"),
        ("ΕΛΛΆΣ ελλάσ Ελλάς ελλάς", "HELLAS Hellas Hellas Hellas"),
        ("sea" + "\u0301" + " sea", "sea\u0301 moana"),
        ("", ""),
        ("ri", "ri"),
        ("river", "awa"),
    ],
)
def test_whole_words_are_replaced_as_they_were_written(text: str, said: str) -> None:
    assert reworded([text]) == said
    assert reworded(list(text)) == said


texts = st.lists(
    st.sampled_from(["river", "big", "Big River", "RIVER", "rivers", "sea", "UN", "don", "'", "’", "t", "s", "C+", "+"])
    | st.sampled_from(
        [" ", "\n", ".", ",", "-", "_", "3", "म", "ā", "\u0304", "水", "x", "\u200d", "पानी", "Ελλάς", "Σ"]
    ),
    max_size=24,
).map("".join)
places = st.lists(st.integers(0, 200), max_size=12)


@given(texts, places)
def test_the_pieces_in_which_an_answer_comes_change_nothing(text: str, at: list[int]) -> None:
    assert reworded(cut(text, at)) == reworded([text])


letters = st.text("abAB", min_size=1, max_size=4)


def sets_of_words(words: list[str]) -> tuple[Wording, ...]:
    """A wording for each, which says what is no word in the texts of these tests."""
    return tuple(Wording(word, "z" * (number + 1)) for number, word in enumerate(words))


unlike = st.lists(letters, min_size=1, max_size=6, unique_by=str.casefold).map(sets_of_words)
plain_texts = st.text("abABéz '’.,-_3\n", max_size=60)


@given(unlike, plain_texts, places)
def test_no_replaced_word_survives_and_again_changes_nothing(
    wordings: tuple[Wording, ...], text: str, at: list[int]
) -> None:
    once = reworded(cut(text, at), wordings)
    for wording in wordings:
        assert not contains(folded(once), folded(wording.instead_of))
    assert reworded([once], wordings) == once


@given(unlike, st.text("abABcéź -!\n“(", max_size=60))
def test_nothing_but_whole_words_is_touched(wordings: tuple[Wording, ...], text: str) -> None:
    """Where no mark joins letters, the words are those of a regular expression, and the rest stays as it is."""
    says = {wording.instead_of.casefold(): wording.say for wording in wordings}
    expected = re.sub(r"\w+", lambda word: says.get(word[0].casefold(), word[0]), text)
    said = reworded([text], wordings)
    assert said.casefold() == expected.casefold()
    assert [c for c in said if c not in "zZ"] == [c for c in expected if c != "z"]


@given(texts)
def test_what_is_held_back_may_still_become_a_word(text: str) -> None:
    """Never more than the longest phrase and what decides whether a word ends there."""
    rewording = Rewording(OURS)
    said = "".join(map(rewording.add, text))
    held = rewording.finish()
    assert said + held == reworded([text])
    assert len(held) <= max(len(wording.say) for wording in OURS) + 3


def test_just_enough_is_held_back() -> None:
    rewording = Rewording(OURS)
    assert rewording.add("A bi") == "A "
    assert rewording.add("rd on a ") == "bird on a "
    assert rewording.add("big") == ""
    assert rewording.add(" rive") == ""
    assert rewording.add("t, river") == "big rivet, "
    assert rewording.add(" ") == "awa "
    assert rewording.add("and") == "and"


def test_the_longest_that_stands_there_wins_and_what_is_put_in_stays() -> None:
    ours = (Wording("a", "b c"), Wording("b c", "d"), Wording("a b c d", "whole"), Wording("x", "the x of us"))
    assert reworded(["a b c d, a b c e, a"], ours) == "whole, b c d e, b c"
    assert reworded(["x X"], ours) == "the x of us The x of us"
