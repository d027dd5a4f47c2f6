"""From bytes to letters: UTF-8 and UTF-16 exactly, old encodings by charset-normalizer's guess, or a refusal."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from knowledge.reading.document import CannotRead, Code

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What the computers of communities used before UTF-8: Windows' pages, one for each alphabet, the Mac's, DOS's. Longer
# lists make short texts ambiguous; what is not here is refused or looks wrong in the preview, and UTF-8 always works.
OLD_ENCODINGS = [*(f"cp{number}" for number in range(1250, 1259)), "mac_roman", "cp850"]
WESTERN = "cp1252"
LETTERS_FOR_A_GUESS = 400
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_WORDS = re.compile(rb"[A-Za-z\x80-\xff]+")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_ASCII_LETTER = re.compile(rb"[A-Za-z]")
# The guess looks at this many bytes from the beginning.
GUESS_BYTES = 200_000


def decode(data: bytes) -> tuple[str, str]:
    """The text, and the encoding when it had to be guessed ("" for UTF-8, or what a mark at the beginning says).

    Raises CannotRead(BROKEN_ENCODING), also for UTF-8 in which some bytes are broken: half a text must not come in.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding), ""
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        pass
    if (wide := _unmarked_utf16(data)) is not None:
        return _strictly(data, wide), wide
    if _CONTROLS.search(data) or _is_broken_utf8(data):
        raise CannotRead(Code.BROKEN_ENCODING)
    encoding = _old_encoding(data[:GUESS_BYTES])
    return _strictly(data, encoding), encoding


def _old_encoding(sample: bytes) -> str:
    """The likeliest encoding. A short sample in Latin script fits many equally well: then the one of most computers."""
    best = from_bytes(sample, cp_isolation=OLD_ENCODINGS, threshold=0.2).best()
    if _is_latin(sample) and (best is None or len(_BEYOND_ASCII.findall(sample)) < LETTERS_FOR_A_GUESS):
        return WESTERN
    if best is None:
        raise CannotRead(Code.BROKEN_ENCODING)
    return best.encoding


def _is_latin(sample: bytes) -> bool:
    """Whether letters beyond ASCII stand in words with ASCII letters, as they do in Latin script and in no other."""
    words = [word for word in _WORDS.findall(sample) if _BEYOND_ASCII.search(word)]
    return sum(1 for word in words if _ASCII_LETTER.search(word)) * 2 > len(words)


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise CannotRead(Code.BROKEN_ENCODING) from None


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: of Western text every second byte is nought."""
    head = data[:2_000]
    if len(head) < 4 or len(data) % 2:
        return None
    half = len(head) // 2
    odd, even = head[1::2].count(0), head[0::2].count(0)
    if odd > half * 0.7 and not even:
        return "utf-16-le"
    if even > half * 0.7 and not odd:
        return "utf-16-be"
    return None


def _is_broken_utf8(data: bytes) -> bool:
    """Whether most of what is beyond ASCII is UTF-8: in another encoding that hardly happens by chance."""
    text = data.decode("utf-8", "replace")
    good = sum(1 for sign in text if sign > "\x7f" and sign != "\ufffd")
    return good > 2 * text.count("\ufffd")
