"""What the AI may remember about a member: facts that the member wrote or picked, used in answers to them alone.

No model decides what is a fact, and nothing is used without the member's agreement at that very moment. Whatever ends
a use (a fact that is changed or forgotten, an agreement that is taken back) also stops the answers that are being
written with it. Both look at the member's row first, with a lock on it, so that neither overtakes the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from community_ai.core.holdings import Teaching
from community_ai.core.housekeeping import wipe_deleted_text
from consent.access import allowed, for_purpose, in_service, own, own_row
from consent.purposes import Purpose
from consent.services import erasure
from governance.models import Member
from governance.refusals import Refused
from inference.doorbell import Ring, ring_on_commit
from inference.engine.protocol import MAX_REMEMBERED
from inference.models import ANSWER_STATES, Answer, AnswerState, Remembered
from inference.remembered_text import clean_fact

KIND = "memory"
"""The key of its holding."""


class NotAgreed(Refused):
    """The member has not agreed that the AI remembers facts about them."""

    def __init__(self) -> None:
        super().__init__(_("The AI remembers something about you only if you agree to it. Nothing is saved yet."))


class Full(Refused):
    """There are as many facts as fit."""

    def __init__(self) -> None:
        super().__init__(
            _("The AI can remember %(limit)s facts about you. Please remove one first.") % {"limit": MAX_REMEMBERED}
        )


def facts_of(member: Any) -> list[Remembered]:
    """The member's own facts, the newest first, used or not."""
    return list(own(Remembered, member=member).order_by("-written_at", "-pk"))


def remember(*, member: Member, text: str, source: Remembered.Source, now: datetime) -> Remembered:
    """Keep one more fact. The same words twice are one fact. Raises FactRefused, NotAgreed, Full."""
    line = clean_fact(text)
    with transaction.atomic():
        _hold(member.pk)
        if not allowed(member_id=member.pk, purpose=Purpose.MEMORY):
            raise NotAgreed
        known = facts_of(member)
        if same := [row for row in known if row.text == line]:
            return same[0]
        if len(known) >= MAX_REMEMBERED:
            raise Full
        return Remembered.objects.create(member=member, text=line, source=source, written_at=now)


def change(*, member: Member, pk: UUID, text: str, now: datetime) -> Remembered:
    """Give a fact other words. Raises NotFound, FactRefused."""
    with transaction.atomic():
        _hold(member.pk)
        row = own_row(Remembered, member=member, pk=pk)
        line = clean_fact(text)
        if line != row.text:
            row.text, row.written_at = line, now
            row.save(update_fields=["text", "written_at"])
            _stop_answers(member.pk)
            transaction.on_commit(wipe_deleted_text)
    return row


def forget(*, member: Member, pk: UUID, now: datetime) -> None:
    """Erase one fact; the ledger knows it, so that no backup brings it back. Raises NotFound."""
    row = own_row(Remembered, member=member, pk=pk)
    erasure.erase_piece(member=member, kind=KIND, key=str(row.pk), now=now)


def usable(member_id: int) -> tuple[str, ...]:
    """What the AI may read about this member at this moment, the newest first."""
    if not allowed(member_id=member_id, purpose=Purpose.MEMORY):  # when it cannot be found out, it counts as no
        return ()
    rows = for_purpose(in_service(Remembered).filter(member_id=member_id), purpose=Purpose.MEMORY)
    return tuple(row.text for row in rows.order_by("-written_at", "-pk")[:MAX_REMEMBERED])


def for_answer(*, answer_id: UUID) -> tuple[str, ...]:
    """The facts for this answer, the newest first; the answer's row says how many before anybody reads them.

    None while its member does not agree to it, or when the answer does not wait any more.
    """
    with transaction.atomic():
        answer = in_service(Answer).filter(pk=answer_id, state=AnswerState.QUEUED).first()
        if answer is None:
            return ()
        _hold(answer.member_id)
        texts = usable(answer.member_id)
        if answer.remembered != len(texts):
            in_service(Answer).filter(pk=answer.pk).update(remembered=len(texts))
    return texts


def stop_using(*, member_id: int, now: datetime) -> None:
    """The member takes their agreement back: what is being written with their facts stops. The facts stay, unused."""
    _hold(member_id)
    _stop_answers(member_id)


def erase(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """All facts of a member; needs no key, and survives running twice."""
    return _erase(member_id, _keys(member_id))


def erase_pieces(*, member_id: int, keys: Sequence[str], now: datetime) -> int:
    """Some of them; those that are gone already are no error."""
    wanted = set(keys)
    return _erase(member_id, [key for key in _keys(member_id) if str(key) in wanted])


def _hold(member_id: int) -> None:
    """Until the transaction ends nobody else reads, changes or ends what this member lets the AI remember.

    SQLite's transactions are one after the other anyway; the lock is for PostgreSQL.
    """
    Member.objects.select_for_update(no_key=True).filter(pk=member_id).first()


def _stop_answers(member_id: int) -> None:
    with_facts = in_service(Answer).filter(member_id=member_id, state__in=ANSWER_STATES.open, remembered__gt=0)
    for answer in with_facts.select_related("message"):
        in_service(Answer).filter(pk=answer.pk).update(stop_requested=True)
        ring_on_commit(Ring(answer.message.conversation_id, member_id))


def _keys(member_id: int) -> list[UUID]:
    return list(in_service(Remembered).filter(member_id=member_id).values_list("pk", flat=True))


def _erase(member_id: int, keys: Sequence[UUID]) -> int:
    if not keys:
        return 0
    _hold(member_id)
    in_service(Remembered).filter(member_id=member_id, pk__in=keys).delete()
    _stop_answers(member_id)
    return len(keys)
