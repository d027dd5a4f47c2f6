"""Audio notes: what labels of use say, spoken. Kept before the vote, by what is in them, sealed in `HOME/audio-notes`.

A recording has one row and one file, both named by its SHA-256, so that a decision that names the hash seals the sound.
Row and file change together under the row's lock: who brings the same recording while it is swept brings it anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from community_ai.core.home import FILE_MODE, FOLDER_MODE
from community_ai.core.keystore import KeyStoreError
from consent.sealing import SealError, associated_data, seal, unseal
from governance.models import Proposal, ProposalState, ProposalVersion
from governance.refusals import Refused
from knowledge.audio_types import media_type_of
from knowledge.models import AudioNote, LabelVersion
from knowledge.services.labels import CHANGE, DEFINE

MEGABYTE = 1 << 20
MOST_MEGABYTES = 5
# So many may wait for a decision at once: what is brought and never used must not fill the disk.
MOST_WAITING = 40
# How long one is kept that no draft names, and one whose proposal ended without taking it: it can be proposed again.
UNNAMED_FOR, ENDED_FOR = timedelta(days=2), timedelta(days=30)
KINDS = (DEFINE, CHANGE)
_KEY_VERSION = 1


class Gone(Exception):
    """The recording is not there any more, or does not open."""


class NotARecording(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("This is no recording that can be played here. Please choose a file of the kind Ogg, WebM, MP3, M4A, WAV "
              "or FLAC, without pictures.")
        )  # fmt: skip


class EmptyRecording(Refused):
    def __init__(self) -> None:
        super().__init__(_("There is nothing in this file. Please choose another one."))


class RecordingTooLarge(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("This recording is too large: at most %(most)s MB. Please make it shorter, or save it as Opus or MP3.")
            % {"most": MOST_MEGABYTES}
        )


class TooManyWait(Refused):
    def __init__(self) -> None:
        super().__init__(_("Too many audio notes wait for a decision already. Please try again in a few days."))


def keep(*, data: bytes, now: datetime) -> AudioNote:
    """Keep a recording for a proposal that will name it. Twice the same is one.

    Raises EmptyRecording, RecordingTooLarge, NotARecording or TooManyWait; then nothing is kept.
    """
    if not data:
        raise EmptyRecording
    if len(data) > MOST_MEGABYTES * MEGABYTE:
        raise RecordingTooLarge
    media_type = media_type_of(data)
    if media_type is None:
        raise NotARecording
    name = sha256(data).hexdigest()
    with transaction.atomic():
        note, new = AudioNote.objects.select_for_update().get_or_create(
            pk=name, defaults={"media_type": media_type, "size": len(data), "brought_at": now}
        )
        if new and _unused().count() > MOST_WAITING:
            raise TooManyWait
        AudioNote.objects.filter(pk=name).update(brought_at=now)
        _write(name, data)
    note.brought_at = now
    return note


def need(*, name: str, now: datetime) -> None:
    """Have a recording stay while the proposal is written that names it. Raises Gone; called in its transaction."""
    if not AudioNote.objects.filter(pk=name).update(brought_at=now) or not _path(name).is_file():
        raise Gone(name)


def note_of(name: str) -> AudioNote | None:
    """The recording of this hash, if it and its file are there."""
    note = AudioNote.objects.filter(pk=name).first() if name else None
    return note if note is not None and _path(note.pk).is_file() else None


def heard_by_members(name: str) -> AudioNote | None:
    """The same, where members may hear it: every member may read every label and every proposal about one."""
    if not (
        LabelVersion.objects.filter(audio_note=name).exists()
        or ProposalVersion.objects.filter(proposal__kind__in=KINDS, payload__audio_note=name).exists()
    ):
        return None
    return note_of(name)


def sound_of(note: AudioNote) -> bytes:
    """The recording's bytes, exactly those that were brought. Raises Gone."""
    try:
        data = unseal(_path(note.pk).read_bytes(), key=_key(), place=_place(note.pk))
    except (OSError, SealError):
        raise Gone(note.pk) from None
    if sha256(data).hexdigest() != note.pk:
        raise Gone(note.pk)
    return data


def sweep(*, now: datetime) -> int:
    """Remove recordings that nothing needs any more, and files without a row; returns how many."""
    needed = _named_by_proposals(now)
    idle = _unused().filter(brought_at__lt=now - UNNAMED_FOR).values_list("pk", flat=True)
    return sum(_remove(name, now) for name in idle if name not in needed) + _remove_strays(now)


def missing(names: Iterable[str]) -> list[str]:
    """Those of these recordings that are gone or do not open."""
    rows = AudioNote.objects.in_bulk(set(names))
    return sorted(name for name in set(names) if name not in rows or not _opens(rows[name]))


def _opens(note: AudioNote) -> bool:
    try:
        sound_of(note)
    except Gone:
        return False
    return True


def _unused() -> QuerySet[AudioNote]:
    """Recordings that no version of a label names."""
    return AudioNote.objects.exclude(pk__in=LabelVersion.objects.exclude(audio_note=None).values("audio_note"))


def _named_by_proposals(now: datetime) -> set[str]:
    """What a draft or a running vote names, in any of its versions, or one that ended lately."""
    going_on = Proposal.objects.filter(kind__in=KINDS, state__in=[ProposalState.DRAFT, ProposalState.OPEN])
    lately = Proposal.objects.filter(kind__in=KINDS, ended_at__gte=now - ENDED_FOR)
    versions = ProposalVersion.objects.filter(proposal__in=going_on | lately)
    return {payload["audio_note"] for payload in versions.values_list("payload", flat=True) if "audio_note" in payload}


def _remove(name: str, now: datetime) -> bool:
    """Unless somebody needed it meanwhile."""
    with transaction.atomic():
        still = _unused().select_for_update().filter(pk=name, brought_at__lt=now - UNNAMED_FOR)
        if still.first() is None:
            return False
        AudioNote.objects.filter(pk=name).delete()
        _path(name).unlink(missing_ok=True)
    return True


def _remove_strays(now: datetime) -> int:
    """Files that a power cut left without a row. One that is being brought is younger."""
    names = set(AudioNote.objects.values_list("pk", flat=True))
    before = (now - UNNAMED_FOR).timestamp()
    strays = [
        path for path in settings.HOME.audio_notes.glob("*") if path.name not in names and path.stat().st_mtime < before
    ]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)


def _write(name: str, data: bytes) -> None:
    sealed = seal(data, key=_key(), key_version=_KEY_VERSION, place=_place(name))
    path = _path(name)
    path.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _path(name: str) -> Path:
    return settings.HOME.audio_notes / name


def _place(name: str) -> bytes:
    return associated_data(table=AudioNote._meta.db_table, field="file", row=name, key_version=_KEY_VERSION)


def _key() -> bytes:
    if isinstance(settings.NODE_KEY, KeyStoreError):
        raise settings.NODE_KEY
    return settings.NODE_KEY.derive("audio-notes")
