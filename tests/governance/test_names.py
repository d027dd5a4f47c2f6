from __future__ import annotations

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from governance.names import normalise_name, validate_plain_line, validate_sign_in_name


@pytest.mark.parametrize(
    "name",
    [
        "Rosa Quispe",
        "ʻIolani",
        "Nāwahī",
        "Ọ̀ṣun",
        "علي رضا",
        "नीलम",
        "李小龍",
        "O’Brien",
        "d'Arc",
        "anna-maría",
        "7 Feathers",
    ],
)
def test_names_of_many_scripts_may_stand(name: str) -> None:
    validate_sign_in_name(normalise_name(name))


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ana",
        "<b>ana</b>",
        "ana@example.org",
        "ana\nmaria",
        "ana\x00",
        "ana\u202egro",
        "ana\u200bmaria",
        "ana  maria",
        "-ana",
        "a/b",
        "😀",
        "<|im_end|>",
    ],
)
def test_what_cannot_be_a_name_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        validate_sign_in_name(name)
    assert refusal.value.messages[0].endswith(".") or "no other signs" in refusal.value.messages[0]


@given(st.text(max_size=40))
def test_whatever_is_accepted_is_visible_and_has_one_spelling(text: str) -> None:
    name = normalise_name(text)
    try:
        validate_sign_in_name(name)
    except ValidationError:
        return
    assert normalise_name(name) == name
    assert not any(unicodedata.category(sign).startswith("C") for sign in name)


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise_name(normalise_name(text)) == normalise_name(text)


@given(st.text(alphabet=st.characters(whitelist_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=5))
def test_lines_hold_nothing_invisible(text: str) -> None:
    with pytest.raises(ValidationError):
        validate_plain_line(f"a{text}b")


def test_a_display_name_may_join_persian_words_but_not_turn_the_line() -> None:
    validate_plain_line("علی‌رضا")
    with pytest.raises(ValidationError):
        validate_plain_line("ana \u202etxet")
