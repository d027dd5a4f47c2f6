"""Members' own keys: made on first use, wrapped by the node's key, kept in memory for a few seconds."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import nacl.utils
from django.conf import settings
from django.db import IntegrityError, transaction

from community_ai.core.clock import now
from community_ai.core.keystore import KeyStoreError
from consent.models.personal_key import PersonalKey
from consent.sealing import KEY_BYTES, associated_data, seal, unseal

REMEMBER_SECONDS = 10.0


class PersonalKeyGone(Exception):
    """The member has no key: never had one, or it was destroyed by erasure."""


@dataclass(frozen=True)
class DataKey:
    version: int
    secret: bytes = field(repr=False)


_lock = threading.Lock()
_remembered: dict[int, tuple[float, DataKey]] = {}


def key_of(*, member_id: int, create: bool = False) -> DataKey:
    """The member's data key. Raises PersonalKeyGone when there is none, unless `create` makes the first one.

    Remembered for a few seconds, so that a page of 500 rows asks the database once.
    """
    with _lock:
        known = _remembered.get(member_id)
    if known and known[0] > time.monotonic():
        return known[1]
    row = PersonalKey.objects.filter(member_id=member_id).first()
    if row is None and create:
        row = _make(member_id)
    if row is None:
        raise PersonalKeyGone(f"member {member_id} has no key")
    key = DataKey(row.version, unseal(bytes(row.wrapped), key=_wrapping_key(), place=_place(member_id, row.version)))
    with _lock:
        _remembered[member_id] = (time.monotonic() + REMEMBER_SECONDS, key)
    return key


def destroy(*, member_id: int) -> bool:
    """Delete the member's key for ever: whatever it sealed is unreadable. False when there was none."""
    gone, _by_model = PersonalKey.objects.filter(member_id=member_id).delete()
    with _lock:
        _remembered.pop(member_id, None)
    return bool(gone)


def forget_remembered_keys() -> None:
    """Drop the keys held in this process's memory."""
    with _lock:
        _remembered.clear()


def _make(member_id: int) -> PersonalKey:
    wrapped = seal(nacl.utils.random(KEY_BYTES), key=_wrapping_key(), key_version=1, place=_place(member_id, 1))
    try:
        with transaction.atomic():
            return PersonalKey.objects.create(member_id=member_id, version=1, wrapped=wrapped, made_at=now())
    except IntegrityError:
        # Another request made it in between; theirs is the key.
        row = PersonalKey.objects.filter(member_id=member_id).first()
        if row is None:
            raise PersonalKeyGone(f"member {member_id} does not exist") from None
        return row


def _wrapping_key() -> bytes:
    if isinstance(settings.NODE_KEY, KeyStoreError):
        raise settings.NODE_KEY
    return settings.NODE_KEY.derive("personal-keys")


def _place(member_id: int, version: int) -> bytes:
    return associated_data(table="consent_personalkey", field="wrapped", row=str(member_id), key_version=version)
