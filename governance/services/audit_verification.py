"""Walking the whole record: does everything still say what it said?

Found is each changed byte of an entry, of a salt, a private part, a pseudonym, a checkpoint or a row of the history;
entries that are missing, swapped or too many; private parts that vanished without an entry about it; decisions and
their effects that are not what the record says; and a database that is older than the checkpoints outside it. What
cannot be found: that whoever holds the node's key wrote a whole new record and a whole new file. Receipts in members'
hands and neighbours' signatures are for that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from governance.audit.agreements import Facts, agreements, kinds_with_agreement
from governance.audit.checkpoint import Checkpoint, NoteError, open_note
from governance.audit.leaf import commitment, timestamp
from governance.audit.leaf import pseudonym as pseudonym_from
from governance.audit.merkle import Frontier, leaf_hash
from governance.models import (
    AuditCheckpoint,
    AuditEntry,
    AuditFrontier,
    AuditPseudonym,
    RowChange,
)
from governance.services import audit, checkpoint_file, row_history

_CHUNK = 2000


@dataclass(frozen=True)
class Verification:
    """`count` entries hold, from the first on. `fault` is the first that does not, `at` its number if it has one."""

    count: int
    checkpoints: int = 0
    erased: int = 0
    fault: str = ""
    at: int | None = None

    @property
    def holds(self) -> bool:
        return not self.fault


class _Found(Exception):
    def __init__(self, sentence: str, at: int | None = None) -> None:
        super().__init__(sentence)
        self.at = at


@dataclass
class _Walk:
    """What is known while walking."""

    roots: dict[int, list[tuple[str, bytes]]]  # size -> (what knows it, root)
    members: Mapping[int, str]  # member's key -> pseudonym
    tree: Frontier = field(default_factory=Frontier)
    agreed_kinds: frozenset[str] = field(default_factory=kinds_with_agreement)
    agreed: list[tuple[str, Facts]] = field(default_factory=list)  # kind and facts, for the tables that must agree
    without_private: list[int] = field(default_factory=list)
    erased: set[int] = field(default_factory=set)
    row_changes: int = 0
    checkpoints: int = 0


def verify() -> Verification:
    """Read everything and compare. Never changes anything; raises only what reading the database raises."""
    kept_before: list[checkpoint_file.Kept] = []
    walk = _Walk(roots={}, members={})
    try:
        # Read before the database: a checkpoint is in the file first, and its entries were in the database before.
        kept_before = _kept()
        with _one_moment():
            walk = _Walk(roots={0: []}, members=_members())
            walk.checkpoints = _learn_checkpoints(walk, kept_before)
            for row in _entries():
                _check_entry(walk, row)
            _check_end(walk, kept_before)
    except _Found as found:
        return Verification(walk.tree.size, walk.checkpoints, len(walk.erased), str(found), found.at)
    return Verification(walk.tree.size, walk.checkpoints, len(walk.erased))


@contextmanager
def _one_moment() -> Iterator[None]:
    """All reads see the same state. SQLite's transactions exclude writers; PostgreSQL needs to be asked."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _kept() -> list[checkpoint_file.Kept]:
    try:
        return checkpoint_file.read()
    except checkpoint_file.FileDamaged as damage:
        raise _Found(str(damage)) from None


def _members() -> dict[int, str]:
    """Members' pseudonyms, each proved by its salt."""
    members: dict[int, str] = {}
    for member_id, salt, name in AuditPseudonym.objects.values_list("member_id", "salt", "name"):
        if pseudonym_from(salt=_hex(salt), member_id=member_id) != name:
            raise _Found(f"the pseudonym of member {member_id} was changed")
        members[member_id] = name
    return members


def _learn_checkpoints(walk: _Walk, kept_before: list[checkpoint_file.Kept]) -> int:
    """Check every signature and remember which root belongs to which size; returns how many sizes there are."""
    in_file = _learn_file(walk, kept_before)
    made = {kept.note: kept.made_at for kept in kept_before}
    for row in AuditCheckpoint.objects.order_by("size"):
        name = f"the checkpoint of {row.size} entries in the database"
        checkpoint = in_file.get(row.note) or _open(row.note, name)
        if (checkpoint.size, checkpoint.root.hex()) != (row.size, row.root):
            raise _Found(f"{name} says something else than its signed note")
        if row.note not in made:
            # It may have been made since: the file is written first, so by now it must be there.
            made = {kept.note: kept.made_at for kept in _kept()}
            if row.note not in made:
                raise _Found(f"{name} is missing in {checkpoint_file.path()}")
        if made[row.note] != timestamp(row.made_at):
            raise _Found(f"{name} was made at another time than {checkpoint_file.path()} says")
        walk.roots.setdefault(checkpoint.size, []).append((name, checkpoint.root))
    return sum(1 for size in walk.roots if size)


def _learn_file(walk: _Walk, kept_before: list[checkpoint_file.Kept]) -> dict[str, Checkpoint]:
    opened: dict[str, Checkpoint] = {}
    before = 0
    for kept in kept_before:
        name = f"the checkpoint of {kept.made_at} in {checkpoint_file.path()}"
        checkpoint = opened[kept.note] = _open(kept.note, name)
        if checkpoint.size <= before:
            raise _Found(f"{name} is out of order")
        before = checkpoint.size
        walk.roots.setdefault(checkpoint.size, []).append((name, checkpoint.root))
    return opened


def _open(note: str, name: str) -> Checkpoint:
    key = audit.record_key()
    try:
        text, _ = open_note(note, keys=[key])
        checkpoint = Checkpoint.parse(text)
    except NoteError as error:
        raise _Found(f"{name} does not hold: {error}") from None
    if checkpoint.origin != key.name:
        raise _Found(f"{name} is of another record")
    return checkpoint


@dataclass(frozen=True)
class _Row:
    index: int
    kind: str
    happened_at: datetime
    actor_id: int | None
    leaf: str
    leaf_hash: str
    salt: str | None
    payload: str | None
    said: dict[str, Any]
    change: RowChange | None


def _entries() -> Iterator[_Row]:
    """All entries in order, read in portions, with their private parts and rows of the history beside them."""
    following = -1
    while True:
        portion = list(
            AuditEntry.objects.filter(index__gt=following)
            .order_by("index")
            .values_list(
                "index", "kind", "happened_at", "actor_id", "leaf", "leaf_hash", "private__salt", "private__payload"
            )[:_CHUNK]
        )
        if not portion:
            return
        following = portion[-1][0]
        said = [_said(row[4], row[0]) for row in portion]
        changes = row_history.changes_named_by(said)
        for row, leaf in zip(portion, said, strict=True):
            yield _Row(*row, said=leaf, change=changes.get(row_history.named_by(leaf) or 0))


def _said(leaf: str, index: int) -> dict[str, Any]:
    try:
        value = json.loads(leaf)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise _Found(f"entry {index} cannot be read", index)
    return value


def _check_entry(walk: _Walk, row: _Row) -> None:
    expected = walk.tree.size
    if row.index != expected:
        raise _Found(f"entry {expected} is missing", expected)
    digest = leaf_hash(row.leaf.encode())
    if digest.hex() != row.leaf_hash:
        raise _Found(f"entry {row.index} was changed: its text and its hash do not fit", row.index)
    said = row.said
    columns = (row.index, row.kind, timestamp(row.happened_at))
    if (said.get("index"), said.get("kind"), said.get("at")) != columns:
        raise _Found(f"entry {row.index} stands in another place, kind or time than it says", row.index)
    _check_actor(walk, row)
    _check_private(walk, row)
    _check_row_change(walk, row)
    if row.kind in walk.agreed_kinds:
        walk.agreed.append((row.kind, said.get("facts") or {}))
    walk.tree = walk.tree.append(digest)
    for name, root in walk.roots.get(walk.tree.size, ()):
        if walk.tree.root() != root:
            raise _Found(f"entry {row.index} or one before it was replaced: {name} knows another", row.index)


def _check_actor(walk: _Walk, row: _Row) -> None:
    pseudonym = row.said.get("actor")
    if row.actor_id is not None and walk.members.get(row.actor_id) != pseudonym:
        raise _Found(f"entry {row.index} is put down to another person than it says", row.index)
    if row.actor_id is None and pseudonym is not None and pseudonym in walk.members.values():
        raise _Found(f"entry {row.index} no longer names the member who did it", row.index)


def _check_private(walk: _Walk, row: _Row) -> None:
    committed = row.said.get("private")
    if row.salt is None or row.payload is None:
        if committed is not None:
            walk.without_private.append(row.index)
    elif committed is None or commitment(salt=_hex(row.salt), payload=row.payload.encode()) != committed:
        raise _Found(f"the private part of entry {row.index} was changed", row.index)
    if row.kind == audit.ERASED:
        walk.erased.update(row.said.get("facts", {}).get("entries", ()))


def _check_row_change(walk: _Walk, row: _Row) -> None:
    change_id = row_history.named_by(row.said)
    if change_id is None:
        return
    walk.row_changes += 1
    if row.change is None:
        raise _Found(f"entry {row.index} is about row change {change_id}, which is missing", row.index)
    other_actor = row.change.actor_id not in (None, row.actor_id)
    if other_actor or row_history.digest_of(row.change) != row.said["facts"].get("digest"):
        raise _Found(f"row change {change_id}, which entry {row.index} is about, was changed", row.index)


def _check_end(walk: _Walk, kept_before: list[checkpoint_file.Kept]) -> None:
    """What can only be judged when the last entry was seen."""
    count = walk.tree.size
    beyond = [size for size in walk.roots if size > count]
    if beyond:
        largest = max(beyond)
        for kept in reversed(kept_before):
            if _open(kept.note, "the newest checkpoint").size == largest:
                raise _Found(audit.shorter_sentence(count=count, kept=kept, size=largest), count)
        raise _Found(f"{walk.roots[largest][0][0]} knows more than the {count} entries that are there", count)
    edge = AuditFrontier.objects.filter(pk=1).first()
    try:
        frontier = Frontier() if edge is None else edge.frontier
    except ValueError:
        raise _Found("the edge of the tree was changed", count) from None
    if frontier.size > count:
        raise _Found(f"the newest entries are missing: there were {frontier.size}, and {count} are left", count)
    if frontier != walk.tree:
        raise _Found(f"the edge of the tree does not fit the {count} entries: one was added or changed", count)
    unexplained = [index for index in walk.without_private if index not in walk.erased]
    if unexplained:
        index = unexplained[0]
        raise _Found(f"the private part of entry {index} is missing, and no entry says that it was erased", index)
    if RowChange.objects.count() != walk.row_changes:
        raise _Found("there are changes of rows that no entry is about")
    for agreement in agreements():
        if fault := agreement.compare([facts for kind, facts in walk.agreed if kind in agreement.kinds]):
            raise _Found(fault)


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
