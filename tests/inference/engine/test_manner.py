"""The greeting, the wordings and the number of sentences together, on one answer that comes in any pieces."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.behaviour import Behaviour, Wording, founding_behaviour
from inference.engine.manner import Manner, greeting_for
from inference.engine.protocol import Turn

FREE = founding_behaviour(community_name="Test", model_sha256="ab" * 32)
BOUND = replace(FREE, max_sentences=2, greeting="¡Hola!", wordings=(Wording("river", "awa"), Wording("Dr.", "Tohunga")))


def shown(behaviour: Behaviour, pieces: list[str], greeting: str = "") -> str:
    manner = Manner(behaviour, greeting=greeting)
    text = "".join(map(manner.add, pieces))
    return text + manner.finish()


def test_all_of_it_together() -> None:
    answer = [" The riv", "er is long. A river", "! Some", " rivers are short."]
    assert shown(BOUND, answer, "¡Hola!") == "¡Hola! The awa is long. A awa!"


def test_what_people_read_is_what_is_counted() -> None:
    """A wording may put in a full stop or take one away: what is shown has at most as many as allowed."""
    says_two = replace(BOUND, wordings=(Wording("both", "One. Two"),))
    assert shown(says_two, ["It is both. And more."]) == "It is One. Two."
    assert shown(BOUND, ["Dr. Lee came. A river came. No."]) == "Tohunga Lee came. A awa came."


@pytest.mark.parametrize("text", ["", " ", "\n\nHi", "Two. Three. Four. ", "river", "💧\n"])
def test_without_a_manner_an_answer_stays_as_it_is(text: str) -> None:
    assert shown(FREE, list(text)) == text


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ([], "Kia ora"),
        (["  ", "\n"], "Kia ora"),
        (["\n\nI am here."], "Kia ora I am here."),
        (["I am here."], "Kia ora I am here."),
        ([",", " friend."], "Kia ora, friend."),
        (["!", " One. Two. Three."], "Kia ora! One. Two."),
        (["river"], "Kia ora awa"),
    ],
)
def test_the_greeting_stands_first_and_is_no_sentence(pieces: list[str], text: str) -> None:
    assert shown(BOUND, pieces, "Kia ora") == text


def test_the_greeting_itself_stays_as_it_was_voted() -> None:
    assert shown(BOUND, ["One. Two. Three."], "River! Hi. Hi.") == "River! Hi. Hi. One. Two."


def test_an_answer_needs_a_word_after_its_greeting() -> None:
    manner = Manner(BOUND, greeting="Kia ora")
    for piece, alone in (("", True), (" ", True), ("!", True), (" 👋", True), (" I", False)):
        manner.add(piece)
        assert manner.only_greeted is alone
    assert not Manner(BOUND, greeting="").only_greeted


@pytest.mark.parametrize(
    ("turns", "greets"),
    [
        ("u", True),
        ("uau", False),
        ("uu", True),  # the first question was not answered
        ("uuau", False),
    ],
)
def test_only_the_first_answer_of_a_conversation_greets(turns: str, greets: bool) -> None:
    said = [Turn("user" if turn == "u" else "assistant", "Something") for turn in turns]
    assert greeting_for(BOUND, said) == ("¡Hola!" if greets else "")
    assert greeting_for(FREE, said) == ""


def test_an_answer_that_never_got_a_word_does_not_count() -> None:
    assert greeting_for(BOUND, [Turn("user", "Hi"), Turn("assistant", " \n"), Turn("user", "Hi?")]) == "¡Hola!"


words = st.lists(
    st.sampled_from(["The", "river", "Dr", "3", "5", ".", " ", "!", "\n", "s", "'", ",", "水"]), max_size=30
)


@given(words, st.booleans(), st.integers(1, 3))
def test_the_pieces_in_which_an_answer_comes_change_nothing(pieces: list[str], greet: bool, most: int) -> None:
    behaviour = replace(BOUND, max_sentences=most)
    greeting = "¡Hola!" if greet else ""
    text = "".join(pieces)
    assert shown(behaviour, pieces, greeting) == shown(behaviour, [text], greeting)
    assert shown(behaviour, list(text), greeting) == shown(behaviour, [text], greeting)
