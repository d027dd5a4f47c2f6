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
from consent.services import erasure
from governance.models import Member
from inference.doorbell import Ring, ring_on_commit
from inference.models import Conversation


def erase_unkept(*, now: datetime) -> int:
    """Erase what is over; returns the number of conversations."""
    return _erase(access.unkept(Conversation, now=now), now=now)


def erase_at_sign_out(*, member_id: int, now: datetime) -> None:
    """Erase the conversations of a member who signed out, unless they want them kept."""
    _erase(access.against(Conversation, purpose=Purpose.HISTORY).filter(member=member_id), now=now)


def _erase(rows: QuerySet[Conversation], *, now: datetime) -> int:
    erased = 0
    for member in Member.objects.filter(pk__in=list(rows.order_by().values_list("member", flat=True))).order_by("pk"):
        with transaction.atomic():
            # Asked once more: a new message, or a new agreement, may have come meanwhile.
            over = list(rows.filter(member=member).select_for_update().values_list("pk", flat=True))
            erasure.note_pieces(member=member, kind="conversations", keys=map(str, over), now=now)
            rows.filter(pk__in=over).delete()
            for pk in over:
                ring_on_commit(Ring(pk, member.pk, deleted=True))
        erased += len(over)
    if erased:
        transaction.on_commit(wipe_deleted_text)
    return erased
