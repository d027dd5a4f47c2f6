"""Conversations of members who do not want theirs kept: erased 12 hours after the last message, or at the sign-out.

They are out of reach before that (`consent.access.own`); here they are erased.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from community_ai.core.housekeeping import wipe_deleted_text
from consent import access
from consent.purposes import Purpose
from inference.doorbell import Ring, ring_on_commit
from inference.models import Conversation


def erase_unkept(*, now: datetime) -> int:
    """Erase what is over; returns the number of conversations."""
    return _erase(access.unkept(Conversation, now=now))


def erase_at_sign_out(*, member_id: int, now: datetime) -> None:
    """Erase the conversations of a member who signed out, unless they want them kept."""
    _erase(access.against(Conversation, purpose=Purpose.HISTORY).filter(member=member_id))


def _erase(rows: QuerySet[Conversation]) -> int:
    erased = 0
    for pk, member_id in list(rows.order_by("pk").values_list("pk", "member_id")):
        with transaction.atomic():
            # Asked once more: a new message, or a new agreement, may have come meanwhile.
            deleted, _by_model = rows.filter(pk=pk).delete()
            if deleted:
                erased += 1
                ring_on_commit(Ring(pk, member_id, deleted=True))
    if erased:
        transaction.on_commit(wipe_deleted_text)
    return erased
