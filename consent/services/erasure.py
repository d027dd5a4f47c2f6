"""Erasure: a piece, a kind of thing, or everything that the node holds about a member.

The wish is a line of the ledger before anything happens; from then on it is carried out, whatever interrupts it. For
everything: first the personal key goes and the door is shut, in one transaction; then each holding forgets, step by
step; then the member's row goes and the record says that somebody left; at last the log of the database is wiped and
the ledger says that it is done. Every step survives running twice. Nobody but the member can begin it, and nobody can
stop it.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from community_ai.core.holdings import (
    Holding,
    Teaching,
    Text,
    UnknownHolding,
    holding,
    holdings,
    in_order_of_erasing,
    shut,
)
from community_ai.core.housekeeping import forget_what_is_over, wipe_deleted_text
from community_ai.core.jobs import enqueue_on_commit
from consent.ledger_lines import Line, What, code_hash, mark_of
from consent.models.erasure import ERASURE_STATES, Erasure, ErasureState
from consent.services import ledger, personal_keys
from governance.models import Community, Member
from governance.refusals import Refused
from governance.services import audit, departures

LEFT = "member.left"
# Keys of rows in one line: it stays well below what a line may hold.
MOST_KEYS = 400

_finisher: Callable[[], Any] | None = None
_taking_back: Callable[..., Any] | None = None


def register_finisher(job: Callable[[], Any]) -> None:
    """`job` is queued after each erasure of everything that began; it calls `finish`."""
    global _finisher
    _finisher = job


def register_taking_back(take_back: Callable[..., Any]) -> None:
    """`take_back(member=, purpose=, now=)` is called for each agreement that an older database does not know as taken
    back."""
    global _taking_back
    _taking_back = take_back


class HandOverFirst(Refused):
    """The member alone may do something for the community. `duties` are the permissions, by name."""

    def __init__(self, duties: Sequence[str]) -> None:
        super().__init__(
            _(
                "You are the only one who may do some things here. Please hand them over first, "
                "or say that you leave all the same."
            )
        )
        self.duties = duties


class CannotErase(Refused):
    """This cannot be erased by itself; the sentence says why."""


@dataclass(frozen=True)
class Part:
    """What becomes of one kind of thing. `stays` is the reason why some of it remains, for each choice."""

    holding: Holding
    count: int
    stays: dict[Teaching, Text]

    @property
    def if_withdrawn(self) -> str:
        return str(self.stays[Teaching.WITHDRAW])

    @property
    def if_anonymised(self) -> str:
        return str(self.stays[Teaching.ANONYMISE])

    @property
    def goes_wholly(self) -> bool:
        return not self.if_withdrawn and not self.if_anonymised

    @property
    def same_either_way(self) -> bool:
        return self.if_withdrawn == self.if_anonymised


@dataclass(frozen=True)
class Preview:
    parts: list[Part]
    # What the member alone may do here, as `Permission` names: to be handed over first.
    duties: list[str]

    @property
    def total(self) -> int:
        return sum(part.count for part in self.parts)


@dataclass(frozen=True)
class Begun:
    """An erasure on its way: its number in the ledger, and the code of the proof page, which nobody else knows."""

    number: int
    code: str


def preview(*, member: Member) -> Preview:
    """What an erasure of everything would take, and what would stay and why. Changes nothing."""
    parts = [Part(held, held.count(member), {choice: held.stays(choice) for choice in Teaching}) for held in holdings()]
    return Preview(parts, departures.duties_of(member))


def erase_all(*, member: Member, teaching: Teaching, now: datetime, anyway: bool = False) -> Begun:
    """Begin to erase everything about a member, who leaves with it. The rest is done by `finish`.

    When this returns, the line is on the disk, the personal key is gone and nobody can sign in. Raises HandOverFirst,
    unless `anyway`.
    """
    counts = {part.holding.key: part.count for part in preview(member=member).parts if part.count}
    code = _new_code()
    with transaction.atomic():
        # Two who share a duty must not leave at the same moment, each counting on the other.
        Community.objects.select_for_update().first()
        duties = departures.duties_of(member)
        if duties and not anyway:
            raise HandOverFirst(duties)
        facts = {
            "kinds": sorted(counts),
            "counts": counts,
            "teaching": str(teaching),
            "code": code_hash(code),
        }
        line = ledger.append(what=What.ALL, member_id=member.pk, mark=_mark(member), facts=facts, now=now)
        _begin(line, now=now)
    return Begun(line.number, code)


def erase_kind(*, member: Member, kind: str, now: datetime) -> int:
    """Erase one kind of thing; returns how many went. Raises CannotErase."""
    held = _known(kind)
    if not held.alone:
        raise CannotErase(_("This cannot be erased by itself. It goes when you leave."))
    with transaction.atomic():
        facts = {"kinds": [kind], "counts": {kind: held.count(member)}}
        line = ledger.append(what=What.KIND, member_id=member.pk, mark=_mark(member), facts=facts, now=now)
        gone = _forget_kind(held, member_id=member.pk, now=now)
        _keep(line, state=ErasureState.DONE, counts={kind: gone})
        transaction.on_commit(wipe_deleted_text)
    return gone


def erase_piece(*, member: Member, kind: str, key: str, now: datetime) -> int:
    """Erase one thing of the member's own; returns 0 when it is gone already. Raises CannotErase."""
    held = _known(kind)
    if held.erase_pieces is None:
        raise CannotErase(_("This cannot be erased by itself. It goes when you leave."))
    with transaction.atomic():
        note_pieces(member=member, kind=kind, keys=[key], now=now)
        gone = held.erase_pieces(member_id=member.pk, keys=[key], now=now)
        transaction.on_commit(wipe_deleted_text)
    return gone


def note_pieces(*, member: Member, kind: str, keys: Iterable[str], now: datetime) -> None:
    """Write into the ledger that these pieces are being deleted, for services that delete them by themselves.

    Called inside the deleting transaction: a restored older backup will not bring them back. One small line for each
    few hundred keys.
    """
    all_keys = sorted(keys)
    for start in range(0, len(all_keys), MOST_KEYS):
        some = all_keys[start : start + MOST_KEYS]
        facts = {"kinds": [kind], "pieces": some}
        line = ledger.append(what=What.PIECES, member_id=member.pk, mark=_mark(member), facts=facts, now=now)
        _keep(line, state=ErasureState.DONE, counts={kind: len(some)})


def note_agreement(*, member: Member, purpose: str, given: bool, now: datetime) -> None:
    """Write into the ledger that an agreement was taken back, or given anew after that.

    Called inside the transaction of the event: a restored older backup does not bring back what was taken back.
    """
    facts = {"purpose": purpose, "given": given}
    line = ledger.append(what=What.CONSENT, member_id=member.pk, mark=_mark(member), facts=facts, now=now)
    _keep(line, state=ErasureState.DONE, counts={})


def finish(*, now: datetime) -> int:
    """Carry out what was begun and not finished; returns how many are done now."""
    numbers = Erasure.objects.exclude(state=ErasureState.DONE).order_by("number").values_list("number", flat=True)
    return sum(_finish(number, now=now) for number in list(numbers))


def replay(*, now: datetime) -> int:
    """Carry out what the ledger's file knows and this database does not: it is an older one, put back from a backup.

    Called before the node opens after a restore, and at each start. Returns how many lines were new here. Raises
    LedgerDamaged: then nothing was changed, and the node must not open.
    """
    known = [ledger.line_in(line) for line in Erasure.objects.order_by("number").values_list("line", flat=True)]
    ledger.complete(known)
    numbers = {line.number for line in known}
    lines = ledger.verified()
    fresh = [line for line in lines if line.number not in numbers]
    for line in fresh:
        _apply(line, now=now)
    # The last word about each agreement counts, if this database does not know it.
    last = {(line.member_id, line.facts["purpose"]): line for line in lines if line.what is What.CONSENT}
    for line in last.values():
        if line.number not in numbers:
            _take_back_again(line)
    if fresh:
        transaction.on_commit(wipe_deleted_text)
    finish(now=now)
    return len(fresh)


def _begin(line: Line, *, now: datetime) -> None:
    """Shut the door: the key, the sessions and every way to sign in go at once, and so does the name."""
    with transaction.atomic():
        _keep(line, state=ErasureState.BEGUN, counts={})
        personal_keys.destroy(member_id=line.member_id)
        departures.shut_out(member_id=line.member_id)
        shut(member_id=line.member_id, now=now)
        if _finisher is not None:
            enqueue_on_commit(_finisher)


def _finish(number: int, *, now: datetime) -> bool:
    """One erasure of everything, from wherever it stopped; whether it is done."""
    for held in in_order_of_erasing():
        while _step(held, number, now=now):
            pass
    with transaction.atomic():
        row = Erasure.objects.select_for_update().get(pk=number)
        if row.state == ErasureState.BEGUN:
            departures.delete_member(member_id=row.member_number)
            audit.record(kind=LEFT, actor=None, subject=f"erasure:{number}", facts={"erasure": number}, now=now)
            ERASURE_STATES.move(row, ErasureState.CLEARED)
    forget_what_is_over()
    if not wipe_deleted_text():
        return False  # a reader kept the log in use: the regular job comes back
    with transaction.atomic():
        row = Erasure.objects.select_for_update().get(pk=number)
        if row.state == ErasureState.CLEARED:
            said = ledger.line_in(row.line)
            done = ledger.append(
                what=What.DONE,
                member_id=row.member_number,
                mark=said.mark,
                facts={"of": number, "counts": row.counts},
                now=now,
            )
            _keep(done, state=ErasureState.DONE, counts={})
            ERASURE_STATES.move(row, ErasureState.DONE)
    return True


def _step(held: Holding, number: int, *, now: datetime) -> int:
    """Let one holding forget some; how many. Zero: there is nothing left."""
    with transaction.atomic():
        row = Erasure.objects.select_for_update().get(pk=number)
        if row.state != ErasureState.BEGUN:
            return 0
        said = ledger.line_in(row.line)
        gone = held.erase(member_id=row.member_number, teaching=Teaching(said.facts["teaching"]), now=now)
        if gone:
            counts = {**row.counts, held.key: row.counts.get(held.key, 0) + gone}
            Erasure.objects.filter(pk=number).update(counts=counts)
    return gone


def _apply(line: Line, *, now: datetime) -> None:
    """One line that this database does not know. It is known afterwards, also when there is nobody whom it means."""
    with transaction.atomic():
        member = Member.objects.filter(pk=line.member_id).first()
        meant = member is not None and _mark(member) == line.mark
        if line.what is What.ALL and meant:
            _begin(line, now=now)
            return
        counts: dict[str, int] = {}
        if meant and line.what in (What.KIND, What.PIECES):
            counts = _forget_again(line, now=now)
        _keep(line, state=ErasureState.DONE, counts=counts)


def _take_back_again(line: Line) -> None:
    """A no counts again. A yes would need words that were read: what was given anew stays as it is here."""
    member = Member.objects.filter(pk=line.member_id).first()
    if _taking_back is None or line.facts["given"] or member is None or _mark(member) != line.mark:
        return
    _taking_back(member=member, purpose=line.facts["purpose"], now=line.happened_at)


def _forget_again(line: Line, *, now: datetime) -> dict[str, int]:
    counts = {}
    for kind in line.facts["kinds"]:
        try:
            held = holding(kind)
        except UnknownHolding:  # its room is gone, and so are its tables
            continue
        if line.what is What.KIND:
            counts[kind] = _forget_kind(held, member_id=line.member_id, now=now)
        elif held.erase_pieces is not None:
            counts[kind] = held.erase_pieces(member_id=line.member_id, keys=line.facts["pieces"], now=now)
    return counts


def _forget_kind(held: Holding, *, member_id: int, now: datetime) -> int:
    total = 0
    while gone := held.erase(member_id=member_id, teaching=Teaching.WITHDRAW, now=now):
        total += gone
    return total


def _keep(line: Line, *, state: ErasureState, counts: dict[str, int]) -> None:
    Erasure.objects.create(
        number=line.number,
        what=str(line.what),
        member_number=line.member_id,
        line=line.raw.decode(),
        code_hash=line.facts.get("code", ""),
        asked_at=line.happened_at,
        state=state,
        counts=counts,
    )


def _known(kind: str) -> Holding:
    try:
        return holding(kind)
    except UnknownHolding:
        raise CannotErase(_("There is no such kind of thing.")) from None


def _mark(member: Member) -> str:
    return mark_of(member_id=member.pk, joined_at=member.date_joined)


def _new_code() -> str:
    """130 random bits in base 32, lower case: part of an address."""
    return base64.b32encode(secrets.token_bytes(17)).decode("ascii").rstrip("=").lower()[:26]
