"""Invitations: issued by those whose role may invite, taken back, and accepted one place at a time."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from django.db import transaction
from django.db.models import F

from governance.community_kinds import INVITATION_TAKEN_BACK, INVITED, JOINED
from governance.models import Invitation, Member, Role
from governance.permissions import Permission
from governance.services import appointments, audit, roles

MOST_DAYS = 90
MOST_PEOPLE = 100
MOST_OPEN = 50
_SECRET_BYTES = 18


class Why(Enum):
    """Why an invitation lets nobody in."""

    UNKNOWN = "unknown"
    TAKEN_BACK = "taken back"
    ENDED = "ended"
    USED_UP = "used up"


class InvitationError(Exception):
    pass


class MayNotInvite(InvitationError):
    """No role of the member allows it."""


class TooManyOpen(InvitationError):
    """The member has MOST_OPEN usable invitations: some must be used, end or be taken back first."""


class OutOfRange(InvitationError):
    """Days or number of people outside 1 to MOST_DAYS, 1 to MOST_PEOPLE."""


class NotUsable(InvitationError):
    """The invitation lets nobody in (any more); `why` says the reason."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True)
class Issued:
    """A new invitation with its secret, which is not kept anywhere else."""

    invitation: Invitation
    secret: str = field(repr=False)


def issue(*, by: Member, days: int, max_uses: int, note: str, now: datetime) -> Issued:
    """A link for `max_uses` people that ends after `days`. Raises MayNotInvite, OutOfRange, TooManyOpen."""
    if not by.may(Permission.INVITE):
        raise MayNotInvite
    if not (1 <= days <= MOST_DAYS and 1 <= max_uses <= MOST_PEOPLE):
        raise OutOfRange
    if Invitation.objects.filter(issued_by=by).usable(now=now).count() >= MOST_OPEN:
        raise TooManyOpen
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            digest=digest_of(secret),
            issued_by=by,
            issued_at=now,
            expires_at=now + timedelta(days=days),
            max_uses=max_uses,
            note=note,
        )
        audit.record(
            kind=INVITED,
            actor=by,
            subject=f"invitation:{invitation.pk}",
            facts={"people": max_uses, "days": days},
            private={"note": note} if note else None,
            now=now,
        )
    return Issued(invitation, secret)


def revoke(*, invitation_id: int, by: Member, now: datetime) -> None:
    """Take a link back: its issuer may, and so may moderators; doing it twice is fine.

    Raises NotUsable(UNKNOWN) when there is no such invitation among those that `by` may take back.
    """
    within_reach = Invitation.objects.filter(pk=invitation_id)
    if not by.may(Permission.MODERATE):
        within_reach = within_reach.filter(issued_by=by)
    if not within_reach.exists():
        raise NotUsable(Why.UNKNOWN)
    with transaction.atomic():
        if within_reach.filter(revoked_at=None).update(revoked_at=now):
            audit.record(kind=INVITATION_TAKEN_BACK, actor=by, subject=f"invitation:{invitation_id}", facts={}, now=now)


def accept(*, secret: str, member: Member, now: datetime) -> None:
    """Count one place of the invitation for the new `member`, who becomes a member of the community by it.

    Called inside the transaction that creates the account, so that neither happens alone. Raises NotUsable.
    """
    with transaction.atomic():
        # One statement decides who gets the last place: of two at once, the second updates no row.
        taken = Invitation.objects.usable(now=now).filter(digest=digest_of(secret)).update(uses=F("uses") + 1)
        if not taken:
            raise NotUsable(why_unusable(secret=secret, now=now) or Why.USED_UP)
        appointments.appoint(member=member, role=Role.objects.get(key=roles.MEMBER), now=now)
        invitation = Invitation.objects.select_related("issued_by").get(digest=digest_of(secret))
        inviter = invitation.issued_by
        audit.record(
            kind=JOINED,
            actor=member,
            subject=f"invitation:{invitation.pk}",
            facts={"invited_by": audit.pseudonym(inviter) if inviter else None},
            now=now,
        )


def why_unusable(*, secret: str, now: datetime) -> Why | None:
    """The reason why this link lets nobody in at `now`, or None when it does."""
    invitation = Invitation.objects.filter(digest=digest_of(secret)).first()
    if invitation is None:
        return Why.UNKNOWN
    if invitation.revoked_at:
        return Why.TAKEN_BACK
    if invitation.expires_at <= now:
        return Why.ENDED
    if invitation.uses >= invitation.max_uses:
        return Why.USED_UP
    return None


def digest_of(secret: str) -> str:
    """What is kept of a secret: SHA-256, plain, because the secret itself is random and long (144 bits)."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
