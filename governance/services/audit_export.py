"""The record as JSON Lines, to take along and to check elsewhere.

    {"index":0,"leaf":"<canonical JSON>","leaf_hash":"<hex>","private":{"payload":{...},"salt":"<hex>"} or null}
    ...
    {"checkpoint":"<signed note>","public_key":"<name+key id+key>"}

The last line is missing while there is no checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from governance.audit.canonical import canonical
from governance.models import AuditCheckpoint, AuditEntry, Member
from governance.services import audit


def lines(entries: QuerySet[AuditEntry], *, reader: Member | None) -> Iterator[bytes]:
    """One line for each entry, the oldest first. Private parts only for a reader who may see them; None sees none."""
    for entry in entries.select_related("private").order_by("index").iterator(chunk_size=1000):
        private = getattr(entry, "private", None) if reader and audit.may_read_private(entry, reader) else None
        yield _line(
            {
                "index": entry.index,
                "leaf": entry.leaf,
                "leaf_hash": entry.leaf_hash,
                "private": private and {"salt": private.salt, "payload": private.said},
            }
        )
    newest = AuditCheckpoint.objects.order_by("-size").first()
    if newest is not None:
        yield _line({"checkpoint": newest.note, "public_key": audit.record_key().encode()})


def _line(value: dict[str, object]) -> bytes:
    return canonical(value) + b"\n"
