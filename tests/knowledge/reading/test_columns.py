"""Columns are guessed from what people write over them in four languages."""

from __future__ import annotations

import pytest

from knowledge.reading.columns import Column, guess

W, M, P, E, T, L, H, X = Column
BILINGUAL = ["Mot", "Traduction"]


@pytest.mark.parametrize(
    ("headings", "columns"),
    [
        (["Word", "Meaning", "Pronunciation", "Example", "Translation", "Language", "Theme"], [W, M, P, E, T, L, H]),
        (["TERM", "definition", "Notes", "tags"], [W, M, X, H]),
        (["Palabra", "Significado", "Pronunciación", "Ejemplo", "Traducción", "Idioma", "Tema"], [W, M, P, E, T, L, H]),
        (["La pregunta", "La respuesta"], [W, M]),
        (["Mot", "Sens", "Prononciation", "Exemple", "Traduction", "Langue", "Thème"], [W, M, P, E, T, L, H]),
        (["الكلمة", "المعنى", "النطق", "مثال", "الترجمة", "اللغة", "الموضوع"], [W, M, P, E, T, L, H]),
        (["Meaning", "Number", "Word", "Example 1", "examples"], [M, X, W, X, E]),
        (BILINGUAL, [W, M]),
    ],
)
def test_headings_name_columns(headings: list[str], columns: list[Column]) -> None:
    found = guess([headings, ["x"] * len(headings)])
    assert found.has_headings
    assert list(found.columns) == columns


def test_without_headings_the_first_two_columns_are_word_and_meaning() -> None:
    found = guess([["yaku", "agua", "12"], ["inti", "sol"]])
    assert not found.has_headings
    assert list(found.columns) == [W, M, X]


def test_one_column_and_none() -> None:
    assert guess([["yaku"]]).columns == (W,)
    assert guess([]).columns == ()
    assert guess([["", "meaning", ""]]).columns == (W, M, X)
