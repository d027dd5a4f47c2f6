"""PDF through pypdf: the text of each page, with the outline's titles as headings."""

from __future__ import annotations

import io
import re
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.generic import Destination

from knowledge.reading import text
from knowledge.reading.document import Budget, CannotRead, Code, Document, Kind
from knowledge.reading.gathering import Gathering

# A page whose text is shorter than this and that shows an image is a picture of a page.
WORDLESS_CHARACTERS = 8
MOST_TITLES = 2_000
_SENTENCE_END = re.compile(r"[.!?:;؟۔。！？…»”\")\]]\s*$")
# A line that is shorter than this share of the page's longest ends its paragraph when it also ends a sentence.
SHORT_LINE = 0.75


def read(data: bytes, *, budget: Budget) -> Document:
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        locked, count = reader.is_encrypted, 0 if reader.is_encrypted else len(reader.pages)
    except (MemoryError, CannotRead):
        raise
    except Exception:  # pypdf raises what its parts raise; whatever it was, the file is not a whole PDF
        raise CannotRead(Code.DAMAGED) from None
    if locked:
        raise CannotRead(Code.LOCKED)
    if count > budget.limits.pages:
        raise CannotRead(Code.TOO_MANY_PAGES, limit=budget.limits.pages)
    titles = _titles(reader)
    gathering = Gathering(budget)
    wordless = 0
    for number in range(count):
        budget.progress(number, count)
        words, pictured = _page(reader, number)
        wordless += pictured
        gathering.section(titles.get(number, ""), page=number + 1)
        gathering.paragraph(words)
    if wordless * 2 > count:
        raise CannotRead(Code.SCANNED)
    title, language = _metadata(reader)
    return gathering.document(Kind.PDF, title=title, language=language)


def _page(reader: PdfReader, number: int) -> tuple[str, bool]:
    """The page's text in paragraphs, and whether it is nothing but a picture."""
    try:
        page = reader.pages[number]
        words = text.clean(page.extract_text())
        pictured = len(words) < WORDLESS_CHARACTERS and _shows_image(page)
    except (MemoryError, CannotRead):
        raise
    except Exception:
        raise CannotRead(Code.DAMAGED, page=number + 1) from None
    return _joined(words), pictured


def _shows_image(page: PageObject) -> bool:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    return objects is not None and any(
        part.get_object().get("/Subtype") in {"/Image", "/Form"} for part in objects.get_object().values()
    )


def _joined(words: str) -> str:
    """Lines of a page put together into paragraphs: a PDF knows only where each line stands.

    An empty line ends a paragraph, and so does a short line at the end of a sentence. A word that was divided at the
    end of a line becomes whole again when it goes on in small letters.
    """
    lines = [" ".join(line.split()) for line in words.split("\n")]  # justified lines come with many spaces
    longest = max(map(len, lines), default=0)
    paragraphs: list[str] = [""]
    for line in lines:
        if not line:
            paragraphs.append("")
        elif paragraphs[-1].endswith("-") and line[0].islower():
            paragraphs[-1] = paragraphs[-1][:-1] + line
        else:
            paragraphs[-1] = f"{paragraphs[-1]} {line}" if paragraphs[-1] else line
        if line and len(line) < longest * SHORT_LINE and _SENTENCE_END.search(line):
            paragraphs.append("")
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _titles(reader: PdfReader) -> dict[int, str]:
    """For each page on which a chapter of the outline begins, its title. An outline that is damaged is none."""
    titles: dict[int, str] = {}
    try:
        waiting: list[Any] = list(reader.outline)[:MOST_TITLES]
        while waiting and len(titles) < MOST_TITLES:
            part = waiting.pop(0)
            if isinstance(part, Destination):
                page = reader.get_destination_page_number(part)
                if page is not None and page >= 0 and part.title:
                    titles.setdefault(page, str(part.title))
            elif isinstance(part, list):
                waiting = [*part[:MOST_TITLES], *waiting]
    except MemoryError:
        raise
    except Exception:
        return {}
    return titles


def _metadata(reader: PdfReader) -> tuple[str, str]:
    try:
        title = reader.metadata.title if reader.metadata else ""
        return str(title or ""), str(reader.root_object.get("/Lang", ""))
    except MemoryError:
        raise
    except Exception:
        return "", ""
