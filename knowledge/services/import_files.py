"""What an import needs while it waits: the file as it was brought, then what was read from it, each sealed with the
member's own key in `HOME/imports`. Gone when the import ends; without the member's key nobody can read it."""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from community_ai.core.home import FILE_MODE, FOLDER_MODE
from consent.access import in_service
from consent.sealing import SealError, associated_data, key_version_of, seal, unseal
from consent.services.personal_keys import DataKey, key_of
from knowledge.models import ImportBatch
from knowledge.reading import wire
from knowledge.reading.document import Document

FILE, DOCUMENT = "file", "document"


class Gone(Exception):
    """The file is not there any more, or does not open."""


def keep_file(batch: ImportBatch, data: bytes) -> None:
    _keep(batch, FILE, data)


def keep_document(batch: ImportBatch, document: Document) -> None:
    """Keep what was read in the place of the file."""
    _keep(batch, DOCUMENT, zlib.compress(b"".join(wire.lines_of(document)), level=1))
    _path(batch.pk, FILE).unlink(missing_ok=True)


def file_of(batch: ImportBatch) -> bytes:
    """Raises Gone."""
    return _load(batch, FILE)


def document_of(batch: ImportBatch) -> Document:
    """Raises Gone."""
    assembly = wire.Assembly()
    for line in zlib.decompress(_load(batch, DOCUMENT)).splitlines():
        assembly.take(line)
    return assembly.document()


def remove(batch_id: UUID) -> None:
    with _one_writer():
        for what in (FILE, DOCUMENT):
            _path(batch_id, what).unlink(missing_ok=True)


def reseal(member_id: int, old: DataKey, new: DataKey) -> int:
    """Seal the member's waiting files with `new` that are sealed with `old`; returns how many there were."""
    batches = list(in_service(ImportBatch).filter(member_id=member_id))
    return sum(_reseal(batch, what, old=old, new=new) for batch in batches for what in (FILE, DOCUMENT))


def remove_strays(*, kept: Collection[UUID], before: datetime) -> int:
    """Remove files from before that moment of imports that are not among `kept`; returns how many there were."""
    names = {f"{batch_id}.{what}" for batch_id in kept for what in (FILE, DOCUMENT)}
    old = [path for path in settings.HOME.imports.glob("*") if path.stat().st_mtime < before.timestamp()]
    strays = [path for path in old if path.name not in names]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)


def _path(batch_id: UUID, what: str) -> Path:
    return settings.HOME.imports / f"{batch_id}.{what}"


def _keep(batch: ImportBatch, what: str, data: bytes) -> None:
    key = key_of(member_id=batch.member_id, create=True)
    with _one_writer():
        _write(batch, what, data, key=key)


def _reseal(batch: ImportBatch, what: str, *, old: DataKey, new: DataKey) -> bool:
    with _one_writer():
        try:
            sealed = _path(batch.pk, what).read_bytes()
            if key_version_of(sealed) != old.version:
                return False
            data = unseal(sealed, key=old.secret, place=_place(batch, what, old.version))
        except (FileNotFoundError, SealError):  # what is damaged opens with no key
            return False
        _write(batch, what, data, key=new)
        return True


def _write(batch: ImportBatch, what: str, data: bytes, *, key: DataKey) -> None:
    sealed = seal(data, key=key.secret, key_version=key.version, place=_place(batch, what, key.version))
    path = _path(batch.pk, what)
    path.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
    new = path.with_suffix(f".{what}-new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


@contextmanager
def _one_writer() -> Iterator[None]:
    """A file that is sealed anew must not come in the place of a newer one, nor back after it was removed."""
    settings.HOME.run.mkdir(mode=FOLDER_MODE, exist_ok=True)
    with (settings.HOME.run / "imports.lock").open("a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _load(batch: ImportBatch, what: str) -> bytes:
    try:
        sealed = _path(batch.pk, what).read_bytes()
    except FileNotFoundError:
        raise Gone(what) from None
    key = key_of(member_id=batch.member_id, version=key_version_of(sealed))
    return unseal(sealed, key=key.secret, place=_place(batch, what, key.version))


def _place(batch: ImportBatch, what: str, key_version: int) -> bytes:
    return associated_data(table=ImportBatch._meta.db_table, field=what, row=str(batch.pk), key_version=key_version)
