"""The measure: what counts as right, and nothing else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from inference.evaluation.figures import Asked, Count, Figures, figures_of
from inference.evaluation.scoring import MOST_WORDS, Outcome, holds, is_right, normal, outcome_of

words = st.text(alphabet="bcdfghkmnprstvwxyzáéíöß", min_size=2, max_size=8)
texts = st.lists(words, min_size=1, max_size=20).map(" ".join)
shares = st.sampled_from(list(Outcome))


@pytest.mark.parametrize(
    ("text", "answers", "right"),
    [
        ("The wheel has twenty-four blades.", ["twenty-four"], True),
        ("The wheel has TWENTY-FOUR blades!", ["Twenty four"], True),
        ("Our notes say:\n\n> It has **24** blades. [1]", ["24"], True),
        ("It opened in 1924.", ["24"], False),
        ("It has 24.", ["4"], False),
        ("The choir sings.", ["the choir"], True),
        ("A choir sings.", ["the choir"], True),
        ("> It was on a Monday. [1]", ["1"], False),
        ("Bë honam.", ["be honam"], False),
        ("Be\u0308 honam.", ["bë honam"], True),
        ("It costs 17.90 euros.", ["17.90"], True),
        ("It costs 17 euros and 90 cents.", ["17.90"], False),
        ("", ["24"], False),
        ("Anything", [], False),
        ("Anything", [""], False),
        ("Anything", ["the"], False),
    ],
)
def test_an_accepted_answer_stands_in_it_as_whole_words(text: str, answers: list[str], right: bool) -> None:
    assert is_right(text, answers=answers) is right


def test_articles_are_those_of_the_language() -> None:
    assert is_right("Va al salón.", answers=["el salón"], language="es") is True
    assert is_right("La llave la tiene Pilar.", answers=["llave tiene Pilar"], language="es") is True
    assert is_right("La llave la tiene Pilar.", answers=["llave tiene Pilar"], language="en") is False
    assert normal("Die Mühle", "de") == normal("mühle", "de-AT")


@given(texts, words)
def test_a_wrong_answer_in_it_makes_it_wrong(text: str, wrong: str) -> None:
    said = f"{text} {wrong}"
    assert is_right(said, answers=[text])
    assert not is_right(said, answers=[text], wrong=[wrong])


@given(st.lists(words, min_size=MOST_WORDS + 1, max_size=MOST_WORDS + 20))
def test_who_reads_out_everything_has_not_answered(said: list[str]) -> None:
    assert not is_right(" ".join(said), answers=[said[0]])
    assert is_right(" ".join(said[:MOST_WORDS]), answers=[said[0]])


@given(texts, texts, texts)
def test_what_stands_around_an_answer_does_not_matter(before: str, answer: str, after: str) -> None:
    for text in (f"{before} {answer} {after}", f"{before}\n\n> {answer}! [1]\n{after}", f"*{answer}*"):
        assert is_right(text, answers=[answer])
        assert is_right(unicodedata.normalize("NFD", text).upper(), answers=[answer]) or "ß" in text


@given(words, words)
def test_a_part_of_a_word_is_not_the_word(one: str, two: str) -> None:
    assume(one != two)
    assert not holds(one + two, one)


@given(st.text(), st.sampled_from(["en", "es", "fr", "de", "x-velari"]))
def test_the_form_is_one_form(text: str, language: str) -> None:
    assert normal(normal(text, language), language) == normal(text, language)


@given(st.text(), st.lists(st.text()), st.lists(st.text()))
def test_no_note_is_told_by_how_it_was_answered_alone(text: str, answers: list[str], wrong: list[str]) -> None:
    assert outcome_of(text, no_note=True, answers=answers, wrong=wrong, language="en") is Outcome.NO_NOTE
    said = "We have no note on that."
    assert outcome_of(said, no_note=False, answers=[], wrong=[], language="en") is Outcome.WRONG


# --- What the outcomes add up to ----------------------------------------------------------------------------------

rows = st.lists(st.builds(Asked, st.booleans(), st.booleans(), shares, st.none() | shares))


@given(rows)
def test_every_question_is_counted_where_it_belongs(asked: list[Asked]) -> None:
    figures = figures_of(asked)
    assert figures.answerable.asked + figures.unknown.asked == len(asked)
    assert figures.held.asked <= figures.answerable.asked == figures.missed.asked
    assert figures.held.right <= figures.answerable.right
    assert figures.answerable.right + figures.missed.right <= figures.answerable.asked
    assert Figures.from_json(figures.to_json()) == figures
    for count in (figures.held, figures.answerable, figures.unknown, figures.without, figures.missed):
        assert 0 <= count.right <= count.asked
        assert (count.per_cent is None) is (count.share is None) is (count.asked == 0)


@given(rows, rows)
def test_parts_add_up(one: list[Asked], two: list[Asked]) -> None:
    whole, first, second = figures_of(one + two), figures_of(one), figures_of(two)
    assert whole.held == Count(first.held.right + second.held.right, first.held.asked + second.held.asked)


def test_a_share_is_never_rounded_up_to_a_goal() -> None:
    assert Count(79, 99).per_cent == 79
    assert Count(799, 1000).per_cent == 79
    assert Count(4, 5).per_cent == 80
