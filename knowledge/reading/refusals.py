"""Why a file was not read, in one sentence for the person who brought it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

from governance.refusals import Refused
from knowledge.reading.document import Code, Kind

NAMES_OF_KINDS: dict[Kind, Promise] = {
    Kind.TEXT: _("a text file"),
    Kind.MARKDOWN: _("a Markdown file"),
    Kind.CSV: _("a table (CSV)"),
    Kind.TSV: _("a table (TSV)"),
    Kind.XLSX: _("a spreadsheet (XLSX)"),
    Kind.ODS: _("a spreadsheet (ODS)"),
    Kind.DOCX: _("a text document (DOCX)"),
    Kind.ODT: _("a text document (ODT)"),
    Kind.PDF: _("a PDF"),
    Kind.EPUB: _("a book (EPUB)"),
    Kind.EXPORT: _("an export of a community’s knowledge"),
}

SENTENCES: dict[Code, Promise] = {
    Code.EMPTY: _("This file is empty."),
    Code.TOO_LARGE: _("This file is too large: at most %(limit)s MB can be read. Please split it."),
    Code.BOMB: _("This file becomes far too large when it is unpacked. It was not read."),
    Code.ARCHIVE: _("This is an archive of files. Please unpack it and bring the files one by one."),
    Code.NESTED: _("There is an archive inside this file. Please take it out and try again."),
    Code.LOCKED: _("This file is locked with a password. Please save it without one and try again."),
    Code.OLD_OFFICE: _("This is an old Office file. Please save it as DOCX, XLSX, ODT or ODS and try again."),
    Code.WRONG_TYPE: _("The name says that this is %(named)s, but inside it is %(found)s. Please rename it."),
    Code.UNKNOWN_TYPE: _(
        "This kind of file cannot be read. These can: text, Markdown, CSV, TSV, XLSX, ODS, DOCX, ODT, PDF and EPUB."
    ),
    Code.BROKEN_ENCODING: _("The letters in this file are damaged. Please save it as UTF-8 and try again."),
    Code.NO_TEXT: _("There is no text in this file."),
    Code.SCANNED: _(
        "This PDF holds pictures of pages and no text. Please put it through a text recognition (OCR) first."
    ),
    Code.TOO_MANY_PAGES: _("This PDF has too many pages: at most %(limit)s can be read. Please split it."),
    Code.TOO_MANY_ROWS: _("This file has too many rows: at most %(limit)s can be read. Please split it."),
    Code.TOO_MANY_COLUMNS: _("A table in this file has too many columns: at most %(limit)s can be read."),
    Code.TOO_MUCH_TEXT: _("There is too much text in this file: at most %(limit)s million letters. Please split it."),
    Code.DAMAGED: _("This file is damaged, or it was not written to the end. Please save it again and try once more."),
    Code.BAD_LINE: _("Line %(line)s of this file cannot be understood. Nothing of it was taken."),
    Code.ENTITIES: _("This file defines abbreviations of its own that could do harm. It was not read."),
    Code.BAD_NAMES: _("There are names inside this file that lead out of it. It was not read."),
    Code.TIMEOUT: _("Reading this file took too long. Please split it and try again."),
    Code.MEMORY: _("Reading this file takes too much memory. Please split it and try again."),
}


def sentence_for(code: str, facts: Mapping[str, Any]) -> str:
    """The sentence for a code and its facts in the present language; of an unknown code that of a damaged file."""
    sentences: dict[str, Promise] = {known.value: sentence for known, sentence in SENTENCES.items()}
    kinds: dict[str, Promise] = {kind.value: name for kind, name in NAMES_OF_KINDS.items()}
    try:
        return str(sentences[code]) % {name: kinds.get(str(value), value) for name, value in facts.items()}
    except KeyError:
        return str(SENTENCES[Code.DAMAGED])


class Unreadable(Refused):
    """A file that was not read. `code` and `facts` can be kept; `sentence` speaks the reader's language."""

    def __init__(self, code: Code, facts: Mapping[str, Any] | None = None) -> None:
        self.code = code
        self.facts = dict(facts or {})
        super().__init__(lazy(sentence_for, str)(code, self.facts))
