"""The pure cores under the pages: differences, parts, excerpts, letters, names of languages."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from knowledge.differences import ADDED, SAME, SKIPPED, TAKEN, Piece, differences
from knowledge.excerpts import excerpt
from knowledge.language_names import language_called
from knowledge.languages import InvalidLanguage, normalised
from knowledge.parts import MOST_SIGNS, parts
from knowledge.services.shelves import Letter, by_letter, letter_of

# Few signs, so that texts have much in common; marks, spaces and line ends among them.
TEXTS = st.text(st.sampled_from("ab .,\n\u0301ක่ร中"), max_size=60)


@given(TEXTS, TEXTS)
def test_differences_are_both_texts(before: str, after: str) -> None:
    pieces = differences(before, after, context=None)
    assert "".join(piece.text for piece in pieces if piece.kind in (SAME, TAKEN)) == before
    assert "".join(piece.text for piece in pieces if piece.kind in (SAME, ADDED)) == after
    assert all(piece.text for piece in pieces)
    assert all(one.kind != other.kind for one, other in pairwise(pieces))
    if before == after:
        assert {piece.kind for piece in pieces} <= {SAME}


@given(TEXTS, TEXTS)
def test_nothing_that_changed_is_left_out(before: str, after: str) -> None:
    whole, shown = (differences(before, after, context=c) for c in (None, 3))
    for kind in (TAKEN, ADDED):
        assert [piece for piece in whole if piece.kind == kind] == [piece for piece in shown if piece.kind == kind]


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("", "", []),
        ("new", "new", [Piece(SAME, "new")]),
        (
            "The cat sat.",
            "The dog sat.",
            [Piece(SAME, "The "), Piece(TAKEN, "cat"), Piece(ADDED, "dog"), Piece(SAME, " sat.")],
        ),
        ("a rock", "a rock; a cliff", [Piece(SAME, "a rock"), Piece(ADDED, "; a cliff")]),
        ("我喜欢茶", "我不喜欢茶", [Piece(SAME, "我"), Piece(ADDED, "不"), Piece(SAME, "喜欢茶")]),
        ("สวัสดีครับ", "สวัสดีค่ะ", [Piece(SAME, "สวัสดี"), Piece(TAKEN, "ครับ"), Piece(ADDED, "ค่ะ")]),
    ],
)
def test_words_that_changed(before: str, after: str, pieces: list[Piece]) -> None:
    assert differences(before, after) == pieces


def test_a_long_text_shows_what_is_around_a_change() -> None:
    shown = differences("word " * 500 + "old " + "more " * 500, "word " * 500 + "new " + "more " * 500)
    assert [piece.kind for piece in shown] == [SKIPPED, SAME, TAKEN, ADDED, SAME, SKIPPED]
    assert sum(len(piece.text) for piece in shown) < 400


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a b " * 50_000, "b b a " * 33_000),
        ("a\nb\n" * 50_000, "b\nb\na\n" * 33_000),
        (
            "\n".join(f"same\n{'a b ' * 49}" for _ in range(900)),
            "\n".join(f"same\n{'b b a ' * 32}" for _ in range(900)),
        ),
        ("x" * 200_000, "y" * 200_000),
        ("中" * 200_000, "国" * 200_000),
    ],
    ids=["words", "lines", "blocks", "one word", "signs"],
)
def test_what_would_take_long_is_not_compared(before: str, after: str) -> None:
    began = time.process_time()
    assert differences(before, after)
    assert time.process_time() - began < 5


@given(st.text(st.sampled_from("ab #\n"), max_size=400), st.integers(10, 50))
def test_parts_are_the_text(text: str, most: int) -> None:
    found = parts(text, most=most)
    assert "".join(found) == text
    assert all(len(part) <= most for part in found)
    assert all(len(part) >= most // 2 for part in found[:-1])


def test_parts_end_where_a_reader_would_pause() -> None:
    text = "\n\n".join(f"# Part {number}\n\n" + "word " * 900 for number in range(12))
    found = parts(text)
    assert 2 < len(found) < 12
    assert all(part.startswith("# Part") for part in found)
    assert len(max(found, key=len)) <= MOST_SIGNS
    assert parts("short") == ["short"]


@pytest.mark.parametrize(
    ("query", "before", "found", "after"),
    [
        ("RIVER", "Two ", "river", "s meet at a place."),
        ("place river", "Two rivers meet at a ", "place", "."),
        ("(*", "Two rivers meet at a place.", "", ""),
        ("", "Two rivers meet at a place.", "", ""),
    ],
)
def test_excerpts(query: str, before: str, found: str, after: str) -> None:
    result = excerpt("Two rivers meet at a place.", query)
    assert (result.before, result.found, result.after) == (before, found, after)


@given(st.text(max_size=300), st.text(max_size=20))
def test_an_excerpt_is_of_the_text_and_short(text: str, query: str) -> None:
    result = excerpt(text, query, around=20)
    assert result.found in text
    assert len(result.before) <= 42
    assert len(result.after) <= 22


@pytest.mark.parametrize(
    ("initial", "letter"),
    [("a", "A"), ("ñ", "Ñ"), ("б", "Б"), ("ა", "ა"), ("ب", "ب"), ("각", "ㄱ"), ("山", "山"), ("क", "क"), ("7", "0–9"),
     ("٣", "0–9"), ("", "…"), ("\u0301", "…"), ("ǆ", "ǅ")],
)  # fmt: skip
def test_letters_of_any_script(initial: str, letter: str) -> None:
    assert letter_of(initial) == letter


def test_a_page_of_a_dictionary_under_its_letters() -> None:
    letters = [Letter("A", 150, 0), Letter("B", 70, 150), Letter("C", 5, 220)]
    assert [letter.page for letter in letters] == [1, 2, 3]
    words = list(range(225))
    pages = [by_letter(words[start : start + 100], letters, before=start) for start in (0, 100, 200)]  # type: ignore[arg-type]
    assert [[(letter.sign, len(found)) for letter, found in page] for page in pages] == [
        [("A", 100)],
        [("A", 50), ("B", 50)],
        [("B", 20), ("C", 5)],
    ]
    assert [word for page in pages for _, found in page for word in found] == words


@pytest.mark.parametrize(
    ("name", "code"),
    [("qu", "qu"), ("QU-PE", "qu-pe"), ("x-velari", "x-velari"), ("Quechua", "qu"), ("Runa simi", "qu"),
     ("Kʼicheʼ", "quc"), ("Māori", "mi"), ("maori", "mi"), ("Spanish", "es"), ("español", "es"), ("العربية", "ar"),
     ("Velari", "x-velari"), (" Old  Velari ", "x-old-velari"), ("Ñandeva", "x-nandeva")],
)  # fmt: skip
def test_a_language_is_found_by_its_name(name: str, code: str) -> None:
    assert language_called(name) == code
    assert normalised(code) == code


def test_a_language_is_found_in_the_language_of_the_page() -> None:
    with override("es"):
        assert language_called("inglés") == "en"
        assert language_called("German") == "de"


@pytest.mark.parametrize("name", ["", "   ", "Quechuachanka", "слово", "a b c d e f g h i j k l m n o p q r s"])
def test_what_is_no_language(name: str) -> None:
    with pytest.raises(InvalidLanguage):
        language_called(name)
