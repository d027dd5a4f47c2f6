"""The community's own export: JSON Lines, checked as JSON here and for its meaning by `knowledge.services.imports`."""

from __future__ import annotations

import json

from knowledge.reading.document import Budget, CannotRead, Code, Document, Kind
from knowledge.reading.encodings import decode


def read(data: bytes, *, budget: Budget) -> Document:
    words, _ = decode(data)
    records = []
    for number, line in enumerate(words.split("\n"), start=1):
        if not line.strip():
            continue
        budget.spend_row([line])
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise CannotRead(Code.BAD_LINE, line=number) from None
        if not isinstance(record, dict):
            raise CannotRead(Code.BAD_LINE, line=number)
        records.append(record)
    return Document(Kind.EXPORT, records=records)
