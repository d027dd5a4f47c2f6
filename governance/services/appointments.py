"""Who holds which role now. Roles and appointments change only as the effect of a decision (`governance.kinds`)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db import IntegrityError, transaction

from governance.models import Appointment, Member, Role
from governance.permissions import Permission


def role_keys_of(member: Member) -> frozenset[str]:
    """Keys of the roles that the member holds now; none for a member who cannot act."""
    if not member.is_active:
        return frozenset()
    return frozenset(Appointment.objects.filter(member=member, ended_at=None).values_list("role__key", flat=True))


def holds(member_id: int, role_key: str) -> bool:
    return Appointment.objects.filter(member_id=member_id, role__key=role_key, ended_at=None).exists()


def appoint(*, member: Member, role: Role, now: datetime) -> Appointment:
    """Let `member` hold `role` from `now` on; holding it already is fine."""
    try:
        with transaction.atomic():
            return Appointment.objects.create(member=member, role=role, began_at=now)
    except IntegrityError:
        # The unique row of an open appointment: another request, or an earlier one, made it.
        return Appointment.objects.get(member=member, role=role, ended_at=None)


def dismiss(*, member: Member, role: Role, now: datetime) -> bool:
    """End the member's present appointment; False when there is none."""
    return bool(Appointment.objects.filter(member=member, role=role, ended_at=None).update(ended_at=now))


def permissions_lost(*, changes: dict[str, list[str]] | None = None, without: tuple[int, str] | None = None,
                     plus: tuple[int, str] | None = None) -> list[Permission]:  # fmt: skip
    """Which permissions would have no active holder any more, although they have one now.

    `changes` maps a role's key to its new permissions; `without` and `plus` are (member id, role key) of an
    appointment that would end or begin.
    """
    permissions_now = {role.key: role.permissions for role in Role.objects.all()}
    permissions_then = {**permissions_now, **(changes or {})}
    holders = set(
        Appointment.objects.filter(ended_at=None, member__is_active=True).values_list("member_id", "role__key")
    )
    holders_then = (holders - {without}) | ({plus} if plus else set())
    now = Counter(name for _, key in holders for name in permissions_now.get(key, ()))
    then = Counter(name for _, key in holders_then for name in permissions_then.get(key, ()))
    return [permission for permission in Permission if now[permission.value] and not then[permission.value]]
