"""Plain text: one section, cleaned."""

from __future__ import annotations

from knowledge.reading.document import Budget, Document, Kind
from knowledge.reading.encodings import decode
from knowledge.reading.gathering import Gathering


def read(data: bytes, *, budget: Budget) -> Document:
    words, encoding = decode(data)
    gathering = Gathering(budget)
    gathering.paragraph(words)
    return gathering.document(Kind.TEXT, encoding=encoding)
