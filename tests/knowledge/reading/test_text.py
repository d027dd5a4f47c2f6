"""Cleaned text: composed letters, nothing invisible, no endless lines, and nothing lost that could be read."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.reading import text


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("n\u0303andu\u0301", "ñandú"),
        ("a\r\nb\rc\u2028d\u2029e\x0bf\x0cg", "a\nb\nc\nd\n\ne\nf\n\ng"),
        ("hid\u00adden\ufeff \x00\x1b[31mred\u202egnp.\u2066x\U000e0041", "hidden [31mredgnp.x"),
        ("می\u200cخواهم क्\u200dष a\u200fb", "می\u200cخواهم क्\u200dष a\u200fb"),
        ("a  \n\n\n\n\nb", "a\n\nb"),
        ("\n\n  a\n", "  a"),
    ],
)
def test_what_cleaning_does(written: str, cleaned: str) -> None:
    assert text.clean(written) == cleaned


def test_a_line_is_one_line() -> None:
    assert text.line(" a \n b\t\u2029c ") == "a b c"


@pytest.mark.parametrize(
    "sentence", ["One two three. ", "كتاب شمس قمر؟ ", "一二三四五。", "word ", "x", "e\u0301\u0327"]
)
def test_a_huge_line_becomes_paragraphs_and_loses_nothing(sentence: str) -> None:
    whole = unicodedata.normalize("NFC", sentence * 3_000)
    cleaned = text.clean(whole)
    paragraphs = cleaned.split("\n\n")
    assert len(paragraphs) > 2
    assert max(map(len, paragraphs)) <= text.CUT_AT + 5
    assert "".join(cleaned.split()) == "".join(whole.split())
    assert not any(unicodedata.combining(paragraph[0]) for paragraph in paragraphs)


@given(st.text())
def test_cleaning_twice_changes_nothing(written: str) -> None:
    once = text.clean(written)
    assert text.clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not {sign for sign in once if unicodedata.category(sign) in {"Cc", "Cs"}} - {"\n", "\t"}
