"""Members' own keys: made on first use, wrapped by the node's key, kept in memory for a few seconds.

A wrapped key begins with the version of the node's key that wraps it; what it sealed, with its own version. While a key
is rotated (`key_rotation`), a member has two.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import nacl.utils
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from community_ai.core.clock import now
from community_ai.core.keystore import KeyStoreError, NodeKey
from consent.models.personal_key import PersonalKey
from consent.sealing import KEY_BYTES, associated_data, key_version_of, seal, unseal

REMEMBER_SECONDS = 10.0


class PersonalKeyGone(Exception):
    """The member has no key: never had one, or it was destroyed by erasure."""


@dataclass(frozen=True)
class DataKey:
    version: int
    secret: bytes = field(repr=False)


_lock = threading.Lock()
# Member -> until when (monotonic), and their keys: the present one first.
_remembered: dict[int, tuple[float, tuple[DataKey, ...]]] = {}


def key_of(*, member_id: int, version: int | None = None, create: bool = False) -> DataKey:
    """The member's data key: the present one, or that of a version. Raises PersonalKeyGone when there is none, unless
    `create` makes the first one.

    Remembered for a few seconds, so that a page of 500 rows asks the database once.
    """
    known = _remembered.get(member_id)
    if known and known[0] > time.monotonic() and (found := _among(known[1], version)):
        return found
    row = PersonalKey.objects.filter(member_id=member_id).first()
    if row is None and create:
        row = _make(member_id)
    if row is None:
        raise PersonalKeyGone(f"member {member_id} has no key")
    keys = keys_in(row)
    with _lock:
        _remembered[member_id] = (time.monotonic() + REMEMBER_SECONDS, keys)
    found = _among(keys, version)
    if found is None:
        raise PersonalKeyGone(f"member {member_id} has no key of version {version} any more")
    return found


def keys_in(row: PersonalKey) -> tuple[DataKey, ...]:
    """The member's present key, and the one before while that is still needed."""
    keys = [DataKey(row.version, unwrap(bytes(row.wrapped), member_id=row.pk, version=row.version))]
    if row.previous is not None:
        before = row.version - 1
        keys.append(DataKey(before, unwrap(bytes(row.previous), member_id=row.pk, version=before)))
    return tuple(keys)


def wrap(secret: bytes, *, member_id: int, version: int) -> bytes:
    """`secret` wrapped by the newest version of the node's key, within `wrapping()`."""
    node = node_key()
    return seal(secret, key=node.wrapping_key(node.version), key_version=node.version, place=_place(member_id, version))


def unwrap(wrapped: bytes, *, member_id: int, version: int) -> bytes:
    """Raises SealError, and KeyWrong when the node's key is not of the version that wrapped it."""
    return unseal(wrapped, key=node_key().wrapping_key(key_version_of(wrapped)), place=_place(member_id, version))


@contextmanager
def wrapping() -> Iterator[None]:
    """A transaction in which keys are wrapped and stored, with the node's key as it is now.

    The file is looked at after the lock on writing is held (SQLite gives it to one transaction at a time). Who takes
    an old version away looks through the table under `nobody_wraps` before: so either that look finds what was wrapped
    here, or this sees the new version.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            _lock_table("ROW EXCLUSIVE")
        node_key().refresh()
        yield


@contextmanager
def nobody_wraps() -> Iterator[None]:
    """A transaction in which nobody else stores a wrapped key; it begins when all who did so have ended."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            _lock_table("SHARE ROW EXCLUSIVE")
        yield


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


def node_key() -> NodeKey:
    """Raises KeyStoreError."""
    if isinstance(settings.NODE_KEY, KeyStoreError):
        raise settings.NODE_KEY
    return settings.NODE_KEY


def _among(keys: tuple[DataKey, ...], version: int | None) -> DataKey | None:
    if version is None:
        return keys[0]
    return next((key for key in keys if key.version == version), None)


def _make(member_id: int) -> PersonalKey:
    try:
        with wrapping():
            wrapped = wrap(nacl.utils.random(KEY_BYTES), member_id=member_id, version=1)
            return PersonalKey.objects.create(member_id=member_id, version=1, wrapped=wrapped, made_at=now())
    except IntegrityError:
        # Another request made it in between; theirs is the key.
        row = PersonalKey.objects.filter(member_id=member_id).first()
        if row is None:
            raise PersonalKeyGone(f"member {member_id} does not exist") from None
        return row


def _lock_table(mode: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {PersonalKey._meta.db_table} IN {mode} MODE")


def _place(member_id: int, version: int) -> bytes:
    return associated_data(table="consent_personalkey", field="wrapped", row=str(member_id), key_version=version)
