"""Keys of the boxes of secret votes: files outside the database, destroyed when the vote is counted.

A copy of the database, an old backup or its write-ahead log can therefore never open a box whose vote is over.
"""

from __future__ import annotations

import os
import secrets
import uuid
from pathlib import Path

from django.conf import settings

from community_ai.core.home import FILE_MODE, FOLDER_MODE
from governance.ballot_box import KEY_BYTES
from governance.models import Proposal, ProposalState


class BoxKeyMissing(Exception):
    """The key is not there: destroyed after the count, or lost with a restored backup."""


def create_box_key(box: uuid.UUID) -> bytes:
    """A new key, on the disk before this returns. Raises FileExistsError: a box is never given a second key."""
    folder = _folder()
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    key = secrets.token_bytes(KEY_BYTES)
    descriptor = os.open(_path(box), os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    _sync(folder)
    return key


def load_box_key(box: uuid.UUID) -> bytes:
    """Raises BoxKeyMissing."""
    try:
        key = _path(box).read_bytes()
    except FileNotFoundError:
        raise BoxKeyMissing(str(box)) from None
    if len(key) != KEY_BYTES:
        raise BoxKeyMissing(str(box))
    return key


def destroy_box_key(box: uuid.UUID) -> None:
    """Overwrite and remove the key; nothing happens when it is gone."""
    path = _path(box)
    try:
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        _sync(path.parent)
    except FileNotFoundError:
        return


def destroy_orphaned_keys() -> int:
    """Destroy every key whose vote is over: a process may have died between the count and the destruction.

    Keys of drafts stay, because an opening that has not committed yet may have made one.
    """
    folder = _folder()
    if not folder.is_dir():
        return 0
    found = {uuid.UUID(path.stem) for path in folder.glob("*.key")}
    alive = set(
        Proposal.objects.filter(box__in=found, state__in=[ProposalState.OPEN, ProposalState.DRAFT]).values_list(
            "box", flat=True
        )
    )
    known = set(Proposal.objects.filter(box__in=found).values_list("box", flat=True))
    for box in (found & known) - alive:
        destroy_box_key(box)
    return len((found & known) - alive)


def _folder() -> Path:
    return settings.HOME.keys / "ballot-boxes"


def _path(box: uuid.UUID) -> Path:
    return _folder() / f"{box}.key"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
