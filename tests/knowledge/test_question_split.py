"""Which part a question belongs to follows from the question alone."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from knowledge.question_split import Part, digest, part_of, same


@given(st.text())
def test_how_it_is_typed_does_not_move_it(question: str) -> None:
    part = part_of(question)
    assert part_of(unicodedata.normalize("NFD", question)) is part
    assert part_of(f"  {question}\n") is part
    assert part_of(same(question)) is part
    assert same(same(question)) == same(question)


@given(st.text(alphabet=st.characters(codec="latin-1", categories=["L"]), min_size=1))
def test_capitals_do_not_move_it(question: str) -> None:
    assert digest(question) == digest(question.swapcase().casefold())


@given(st.lists(st.text(), min_size=1, unique_by=same), st.randoms())
def test_others_do_not_move_it(questions: list[str], chance: object) -> None:
    """Whatever else is asked, in whatever order: the parts are those of each question alone."""
    alone = {question: part_of(question) for question in questions}
    chance.shuffle(questions)  # type: ignore[attr-defined]
    assert {question: part_of(question) for question in questions} == alone


def test_two_in_five_are_held_out() -> None:
    parts = [part_of(f"What is number {number}?") for number in range(5_000)]
    assert 0.37 < parts.count(Part.HOLD_OUT) / len(parts) < 0.43


def test_what_was_fixed_once_stays() -> None:
    """Another rule would move questions that adapters have learnt from into what they are measured by."""
    assert digest("How do I say river?") == "41e62032f7a57d52f2ec33f338f8b5ed86fd14fe30ac7be08b1491f9edbfb4b2"
    parts = [part_of(text).value for text in ("How do I say river?", "Where is the well?", "Who has the key?")]
    assert parts == ["learn", "learn", "hold_out"]
