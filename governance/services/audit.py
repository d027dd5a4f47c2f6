"""The record: the one funnel through which everything that is decided and done is written down.

`record()` appends an entry to the Merkle tree inside the transaction that acts; `checkpoint()` signs what is
committed; `receipt_for()` gives a member what is needed to check an entry without this node.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from community_ai.core.jobs import enqueue_on_commit
from community_ai.core.keystore import KeyStoreError
from governance.audit.canonical import canonical
from governance.audit.checkpoint import Checkpoint, NoteKey, key_for, open_note, sign_note
from governance.audit.kinds import Readers, UnknownKind, entry_kind, register_entry_kind
from governance.audit.leaf import NONCE_BYTES, SALT_BYTES, commitment, leaf_of
from governance.audit.leaf import pseudonym as pseudonym_from
from governance.audit.merkle import Frontier, inclusion_proof, leaf_hash
from governance.audit.receipt import make_receipt
from governance.models import (
    AuditCheckpoint,
    AuditEntry,
    AuditFrontier,
    AuditPrivate,
    AuditPseudonym,
    Member,
)
from governance.services import checkpoint_file

__all__ = [
    "checkpoint",
    "erase_private",
    "may_read_private",
    "pseudonym",
    "receipt_for",
    "record",
    "record_key",
    "register_entry_kind",
]

ERASED = "record.private_erased"

_checkpoint_job: Callable[[], Any] | None = None


class AuditError(Exception):
    pass


class OutsideTransaction(AuditError):
    """`record()` belongs inside the transaction that acts, so that both happen or neither."""


class RecordForked(AuditError):
    """The tree, its edge and the checkpoints contradict each other: nothing is signed. `verify_audit` says where."""


class RecordShorter(RecordForked):
    """A checkpoint outside the database knows more entries than the database has."""


class CheckpointsLost(RecordForked):
    """The file of checkpoints outside the database lacks what the database knows."""


class NoCheckpointYet(AuditError):
    """No checkpoint covers the entry; the job makes one within seconds."""


def record(
    *,
    kind: str,
    actor: Member | None,
    subject: str,
    facts: Mapping[str, Any],
    private: Mapping[str, Any] | None = None,
    now: datetime,
) -> AuditEntry:
    """Append one entry, as the last thing that the acting transaction does.

    `facts` are identifiers and whole numbers (a person as `pseudonym(member)`); `private` is what could have to be
    erased: names and texts. Writers wait for each other here until they commit, so take other locks first. Raises
    OutsideTransaction, UnknownKind, and NotCanonical for what canonical JSON cannot hold.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(kind)
    entry_kind(kind)
    payload = None if private is None else canonical(dict(private))
    salt = secrets.token_bytes(SALT_BYTES)
    # SQLite's transactions are IMMEDIATE, so that only one writes at a time; PostgreSQL waits for the row.
    edge, _ = AuditFrontier.objects.select_for_update().get_or_create(pk=1)
    frontier = _whole(edge)
    leaf = leaf_of(
        index=frontier.size,
        kind=kind,
        at=now,
        actor=None if actor is None else pseudonym(actor),
        subject=subject,
        facts=facts,
        private=None if payload is None else commitment(salt=salt, payload=payload),
        nonce=secrets.token_bytes(NONCE_BYTES),
    )
    digest = leaf_hash(leaf)
    entry = AuditEntry.objects.create(
        index=frontier.size, kind=kind, happened_at=now, actor=actor, leaf=leaf.decode(), leaf_hash=digest.hex()
    )
    if payload is not None:
        AuditPrivate.objects.create(entry=entry, salt=salt.hex(), payload=payload.decode())
    grown = frontier.append(digest)
    moved = AuditFrontier.objects.filter(pk=1, size=frontier.size).update(
        size=grown.size, peaks=" ".join(peak.hex() for peak in grown.peaks)
    )
    if not moved:
        raise RecordForked(f"entry {frontier.size} was written by somebody else")
    transaction.on_commit(partial(_ask_for_checkpoint, entry.index))
    return entry


def pseudonym(member: Member) -> str:
    """How the record names `member`, in facts and subjects; made on first use, and gone with the member."""
    row = AuditPseudonym.objects.filter(member=member).first()
    if row is None:
        salt = secrets.token_bytes(SALT_BYTES)
        name = pseudonym_from(salt=salt, member_id=member.pk)
        row, _ = AuditPseudonym.objects.get_or_create(member=member, defaults={"salt": salt.hex(), "name": name})
    return row.name


def erase_private(*, indexes: list[int], actor: Member | None, now: datetime) -> int:
    """Delete the private parts of these entries and record that it was done; returns how many there were.

    The tree stays as it is. Called inside a transaction; raises OutsideTransaction.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(ERASED)
    found = sorted(AuditPrivate.objects.filter(entry__in=indexes).values_list("entry_id", flat=True))
    if found:
        AuditPrivate.objects.filter(entry__in=found).delete()
        record(kind=ERASED, actor=actor, subject="record", facts={"entries": found, "count": len(found)}, now=now)
    return len(found)


def register_checkpoint_job(job: Callable[[], Any]) -> None:
    """`job` is queued after each transaction that wrote entries."""
    global _checkpoint_job
    _checkpoint_job = job


def _ask_for_checkpoint(index: int) -> None:
    """Only the newest entry asks: of several in one transaction, or in two that just committed, one is enough."""
    newest = AuditFrontier.objects.filter(pk=1, size=index + 1).exists()
    if newest and _checkpoint_job is not None:
        enqueue_on_commit(_checkpoint_job)


def signing_seed() -> bytes:
    """The Ed25519 seed that signs checkpoints. Raises KeyStoreError."""
    if isinstance(settings.NODE_KEY, KeyStoreError):
        raise settings.NODE_KEY
    return settings.NODE_KEY.derive("audit-checkpoint")


def record_key() -> NoteKey:
    """The public key of this record. Its name, which every checkpoint begins with, is taken from the key itself."""
    public = key_for(name="record", seed=signing_seed()).public
    return NoteKey(f"community-ai/{public.hex()[:16]}", public)


def checkpoint(*, now: datetime) -> AuditCheckpoint | None:
    """Sign the tree as it is committed now; returns the checkpoint of that size, or None for an empty record.

    Idempotent, and never two roots for one size: before signing, the tree is compared with its edge and with the
    newest checkpoint outside the database. Raises RecordForked (RecordShorter, CheckpointsLost) and FileDamaged.
    """
    # Durable: what is signed must be committed, and the file is written before this transaction ends.
    with transaction.atomic(durable=True):
        edge = AuditFrontier.objects.select_for_update().filter(pk=1).first()
        if edge is None or edge.size == 0:
            return None
        frontier = _whole(edge)
        root = frontier.root()
        known = AuditCheckpoint.objects.filter(size__gte=edge.size).order_by("-size").first()
        if known is not None and (known.size, known.root) != (edge.size, root.hex()):
            raise RecordForked(f"there is a checkpoint of {known.size} entries that does not fit")
        with checkpoint_file.opened() as file:
            kept = file.last()
            if not _is_of(frontier, kept) or kept is None:
                key = record_key()
                note = sign_note(Checkpoint(key.name, edge.size, root).text(), name=key.name, seed=signing_seed())
                kept = file.append(note, made_at=now)
        return known or AuditCheckpoint.objects.create(
            size=edge.size, root=root.hex(), note=kept.note, made_at=datetime.fromisoformat(kept.made_at)
        )


def _whole(edge: AuditFrontier) -> Frontier:
    try:
        return edge.frontier
    except ValueError as error:
        raise RecordForked(f"the edge of the tree cannot be read: {error}") from None


def _is_of(edge: Frontier, kept: checkpoint_file.Kept | None) -> bool:
    """Whether the file's newest line is of the present tree; False when it is older and the tree grew from it.

    Raises RecordForked (RecordShorter, CheckpointsLost) when it is neither.
    """
    newest = AuditCheckpoint.objects.order_by("-size").first()
    if kept is None:
        if newest is not None:
            raise CheckpointsLost(f"{checkpoint_file.path()} is missing or empty")
        return False
    text, _ = open_note(kept.note, keys=[record_key()])
    last = Checkpoint.parse(text)
    if last.size > edge.size:
        raise RecordShorter(shorter_sentence(count=edge.size, kept=kept, size=last.size))
    if newest is not None and newest.size > last.size:
        raise CheckpointsLost(f"{checkpoint_file.path()} ends before the checkpoint of {newest.size} entries")
    hashes = AuditEntry.objects.order_by("index").values_list("leaf_hash", flat=True)
    tree = Frontier()
    for digest in hashes.iterator():
        if tree.size == last.size and tree.root() != last.root:
            break
        tree = tree.append(bytes.fromhex(digest))
    if tree != edge or (last.size == edge.size and last.root != tree.root()):
        raise RecordForked(f"the entries do not fit the checkpoint of {last.size} entries made {kept.made_at}")
    return last.size == edge.size


def shorter_sentence(*, count: int, kept: checkpoint_file.Kept, size: int) -> str:
    return (
        f"the record is shorter than the checkpoint of {kept.made_at}, which knew {size} entries: there are {count}. "
        "Entries were removed, or an older database was put in place"
    )


def may_read_private(entry: AuditEntry, reader: Member) -> bool:
    """Whether `reader` may see the private part of `entry`; of a kind that nobody knows any more only who did it."""
    try:
        readers = entry_kind(entry.kind).readers
    except UnknownKind:
        readers = Readers.ACTOR
    return readers is Readers.MEMBERS or entry.actor_id == reader.pk


def receipt_for(entry: AuditEntry, reader: Member) -> bytes:
    """A receipt under the newest checkpoint, with the private part if `reader` may see it and it is not erased.

    Raises NoCheckpointYet.
    """
    newest = AuditCheckpoint.objects.filter(size__gt=entry.index).order_by("-size").first()
    if newest is None:
        raise NoCheckpointYet(entry.index)
    hashes = AuditEntry.objects.filter(index__lt=newest.size).order_by("index").values_list("leaf_hash", flat=True)
    private = AuditPrivate.objects.filter(entry=entry).first() if may_read_private(entry, reader) else None
    return make_receipt(
        leaf=entry.leaf.encode(),
        salt=bytes.fromhex(private.salt) if private else None,
        payload=private.said if private else None,
        proof=inclusion_proof([bytes.fromhex(digest) for digest in hashes], entry.index),
        checkpoint=newest.note,
        public_key=record_key(),
    )
