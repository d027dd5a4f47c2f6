"""What the columns of a table mean: a first guess from their headings, which a person then confirms or changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from knowledge.titles import plain


class Column(StrEnum):
    """What a column may become. The word is also the phrase, the question or the title; the meaning also the answer or
    the text; the translation is the example's."""

    WORD = "word"
    MEANING = "meaning"
    PRONUNCIATION = "pronunciation"
    EXAMPLE = "example"
    TRANSLATION = "translation"
    LANGUAGE = "language"
    THEME = "theme"
    IGNORE = "ignore"


# What people write over their columns in English, Spanish, French and Arabic; compared without accents and articles.
_HEADINGS: dict[Column, str] = {
    Column.WORD: (
        "word words term terms headword lemma phrase expression title question entry name "
        "palabra palabras término términos frase expresión título pregunta voz lema vocablo nombre "
        "mot mots terme titre entrée vedette nom "
        "كلمة كلمات مصطلح مفردة عبارة جملة عنوان سؤال لفظ اسم"
    ),
    Column.MEANING: (
        "meaning meanings definition gloss answer text description explanation sense body note notes "
        "significado significados definición glosa respuesta texto descripción explicación sentido nota notas "
        "sens signification définition glose réponse texte description explication "
        "معنى معاني تعريف جواب إجابة نص وصف شرح ملاحظة"
    ),
    Column.PRONUNCIATION: (
        "pronunciation pronounciation ipa phonetics phonetic sound pronunciación fonética sonido "
        "prononciation phonétique نطق لفظ_صوتي تشكيل"
    ),
    Column.EXAMPLE: (
        "example examples sentence usage use ejemplo ejemplos oración uso exemple exemples usage مثال أمثلة استعمال"
    ),
    Column.TRANSLATION: (
        "translation translated traducción traduction ترجمة example_translation translation_of_example "
        "traducción_del_ejemplo traduction_de_l'exemple ترجمة_المثال"
    ),
    Column.LANGUAGE: "language lang idioma lengua langue لغة",
    Column.THEME: (
        "theme themes topic topics tag tags category categories subject tema temas etiqueta etiquetas categoría "
        "categorías thème thèmes étiquette étiquettes catégorie catégories sujet موضوع مواضيع وسم وسوم فئة تصنيف"
    ),
}
_ARTICLES = ("the ", "la ", "el ", "le ", "les ", "los ", "las ")


def _as_compared(heading: str) -> str:
    text = plain(heading.replace("_", " "))
    for article in _ARTICLES:
        text = text.removeprefix(article)
    return " ".join(word.removeprefix("ال") if len(word) > 4 else word for word in text.split())


_KNOWN = {_as_compared(word): column for column, words in _HEADINGS.items() for word in words.split()}
# Columns that only one column can be; several themes and examples are fine.
_SINGLE = frozenset({Column.WORD, Column.MEANING, Column.PRONUNCIATION, Column.LANGUAGE})


@dataclass(frozen=True)
class Guess:
    """`has_headings` says whether the first row names the columns; `columns` has one entry for each column."""

    has_headings: bool
    columns: tuple[Column, ...]


def guess(rows: Sequence[Sequence[str]]) -> Guess:
    """What the columns of a table are likely to mean. Columns that nothing is known of are ignored, but the first two
    are word and meaning when nothing else is."""
    width = max(map(len, rows), default=0)
    first = [*rows[0], *[""] * (width - len(rows[0]))] if rows else []
    named = [_KNOWN.get(_as_compared(cell)) if cell else None for cell in first]
    columns: list[Column] = []
    for column in named:
        taken = column in _SINGLE and column in columns
        columns.append(Column.IGNORE if column is None or taken else column)
    free = [place for place, column in enumerate(named) if column is None]
    if Column.MEANING not in columns and Column.TRANSLATION in columns and Column.EXAMPLE not in columns:
        # A list of words with their translations: these are what the words mean.
        columns[columns.index(Column.TRANSLATION)] = Column.MEANING
    for wanted in (Column.WORD, Column.MEANING):
        if wanted not in columns and free:
            columns[free.pop(0)] = wanted
    return Guess(any(named), tuple(columns))
