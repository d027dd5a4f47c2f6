"""When a member leaves for good: what they alone may do, shutting the door behind them, and their row."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session

from community_ai.core.clock import now
from governance.models import Appointment, Member, Role, Suspension
from governance.permissions import Permission


def duties_of(member: Member) -> list[str]:
    """Permissions that nobody but this member has now; none while they cannot act, or when there is nobody else."""
    others = Member.objects.filter(is_active=True).exclude(pk=member.pk)
    if not member.is_active or not others.exists():
        return []
    permissions = {role.pk: role.permissions for role in Role.objects.all()}
    held = Appointment.objects.filter(ended_at=None, member__is_active=True).values_list("member_id", "role_id")
    mine: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    for member_id, role_id in held:
        (mine if member_id == member.pk else theirs).update(permissions[role_id])
    return [permission.value for permission in Permission if mine[permission.value] and not theirs[permission.value]]


def shut_out(*, member_id: int) -> None:
    """End every sign-in of a member and make new ones impossible; the row itself goes last.

    Called inside a transaction. `update()` on purpose: the history of rows would name the member as who did it.
    """
    end_sign_ins(member_id=member_id)
    Authenticator.objects.filter(user_id=member_id).delete()
    Suspension.objects.filter(member_id=member_id).delete()
    Member.objects.filter(pk=member_id).update(is_active=False, email="", password=make_password(None))


def sign_ins_of(member_id: int, *, moment: datetime | None = None) -> list[Session]:
    """Sessions in which the member is signed in. What a session holds can only be seen by opening it."""
    running = Session.objects.filter(expire_date__gt=moment or now())
    return [session for session in running.iterator() if _is_of(session, member_id)]


def end_sign_ins(*, member_id: int) -> int:
    """Delete them; how many there were. Also those that ran out and were not swept away yet."""
    mine = [session.pk for session in Session.objects.iterator() if _is_of(session, member_id)]
    return Session.objects.filter(pk__in=mine).delete()[0]


def _is_of(session: Session, member_id: int) -> bool:
    """Signed in, or on the way to it (allauth notes who gave the right password before the second factor)."""
    said = session.get_decoded()
    return str(member_id) in (said.get("_auth_user_id"), said.get("account_authentication_methods_user"))


def delete_member(*, member_id: int) -> bool:
    """Delete the member's row, and with it what hangs on it; False when it is gone already."""
    member = Member.objects.filter(pk=member_id).first()
    if member is None:
        return False
    member.delete()
    return True
