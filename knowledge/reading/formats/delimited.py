"""CSV and TSV, with whatever stands between their columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from knowledge.reading import text
from knowledge.reading.document import Budget, CannotRead, Code, Document, Kind, Table
from knowledge.reading.encodings import decode

DELIMITERS = ",;\t|"
# The guess reads this many lines, and a cell may have this many characters.
GUESS_LINES = 200
LONGEST_CELL = 1_000_000


def read_csv(data: bytes, *, budget: Budget) -> Document:
    words, encoding = decode(data)
    named = re.match(r"\s*sep=(.)\r?\n", words, flags=re.IGNORECASE)
    if named:  # Excel writes this line to say what it used
        words = words[named.end() :]
    return _read(words, Kind.CSV, encoding, named[1] if named else _guess(words), budget)


def read_tsv(data: bytes, *, budget: Budget) -> Document:
    words, encoding = decode(data)
    return _read(words, Kind.TSV, encoding, "\t", budget)


def _read(words: str, kind: Kind, encoding: str, delimiter: str, budget: Budget) -> Document:
    rows = []
    for row in _rows(words, delimiter):
        cells = [text.clean(cell).strip() for cell in row]
        if any(cells):
            rows.append(budget.spend_row(cells))
    if not rows:
        raise CannotRead(Code.NO_TEXT)
    return Document(kind, encoding=encoding, tables=[Table("", rows)])


def _rows(words: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    # Line ends inside quotes belong to their cell; a lone \r ends a line too.
    reader = csv.reader(io.StringIO(words.replace("\r\n", "\n").replace("\r", "\n"), newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error:
        raise CannotRead(Code.BAD_LINE, line=reader.line_num) from None


def _guess(words: str) -> str:
    """The sign that splits the first lines into the same number of columns most often; a comma when none does."""
    sample = "\n".join(words.splitlines()[:GUESS_LINES])

    def fitness(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            return 0.0, 0
        common = max(set(widths), key=widths.count, default=1)
        return (widths.count(common) / len(widths), common) if common > 1 else (0.0, 0)

    return max(DELIMITERS, key=fitness)
