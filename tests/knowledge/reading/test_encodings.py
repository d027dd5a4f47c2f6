"""Bytes become the letters that were meant, or the file is refused."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.reading.document import CannotRead, Code
from knowledge.reading.encodings import decode

SPANISH = "El niño cogió su mañana; ¿qué señal dará el pingüino?\n"
FRENCH = "mot,sens\nété,summer\nà côté,beside\nœuf,egg\n"
ARABIC = "كلمة,معنى\nماء,water\nكتاب,book\nشمس,sun\nقمر,moon\n"
RUSSIAN = "слово;значение\nвода;water\nсолнце;sun\nкнига;book\n"


@pytest.mark.parametrize(
    ("encoded", "encoding"),
    [
        (SPANISH.encode(), ""),
        (SPANISH.encode("utf-8-sig"), ""),
        (codecs.BOM_UTF16_LE + SPANISH.encode("utf-16-le"), ""),
        (codecs.BOM_UTF16_BE + SPANISH.encode("utf-16-be"), ""),
        (codecs.BOM_UTF32_LE + SPANISH.encode("utf-32-le"), ""),
        (SPANISH.encode("utf-16-le"), "utf-16-le"),
        (SPANISH.encode("utf-16-be"), "utf-16-be"),
        (SPANISH.encode("cp1252"), "cp1252"),
    ],
)
def test_spanish_in_its_encodings(encoded: bytes, encoding: str) -> None:
    assert decode(encoded) == (SPANISH, encoding)


@pytest.mark.parametrize(
    ("words", "encoding"), [(FRENCH, "cp1252"), (ARABIC, "cp1256"), (RUSSIAN, "cp1251"), (RUSSIAN * 20, "cp1251")]
)
def test_old_encodings_are_guessed_and_named(words: str, encoding: str) -> None:
    assert decode(words.encode(encoding)) == (words, encoding)


@pytest.mark.parametrize(
    "broken",
    [SPANISH.encode() * 5 + b"\xc3", "añañaña".encode() + b"\xff ", b"\xff\xfea", b"a\xe9\0\0b", b"\x07\xe9t\xe9"],
)
def test_broken_bytes_are_refused(broken: bytes) -> None:
    with pytest.raises(CannotRead) as caught:
        decode(broken)
    assert caught.value.code is Code.BROKEN_ENCODING


@given(st.binary())
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        words, encoding = decode(data)
    except CannotRead:
        return
    assert words.encode("utf-8", "surrogatepass") is not None
    assert isinstance(encoding, str)
