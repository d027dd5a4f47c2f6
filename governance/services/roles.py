"""The roles a community begins with, and appointing members to roles."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from governance.models import Appointment, Member, Role
from governance.permissions import Permission

ADMIN, TEACHER, MEMBER = "admin", "teacher", "member"

# Names are stored in English and translated where they are shown (Role.__str__).
FIRST_ROLES: tuple[tuple[str, str, tuple[Permission, ...]], ...] = (
    (ADMIN, gettext_noop("Administrator"), tuple(Permission)),
    (TEACHER, gettext_noop("Teacher"), (Permission.TEACH,)),
    (MEMBER, gettext_noop("Member"), ()),
)


def create_first_roles() -> None:
    """Write the three roles that a community begins with; part of the founding transaction."""
    for key, name, permissions in FIRST_ROLES:
        Role.objects.create(key=key, name=name, permissions=[permission.value for permission in permissions])


def appoint(*, member: Member, role: str, now: datetime) -> Appointment:
    """Let `member` hold the role named by its key from `now` on; holding it already is fine.

    Raises Role.DoesNotExist for a key that no role has.
    """
    row = Role.objects.get(key=role)
    try:
        with transaction.atomic():
            return Appointment.objects.create(member=member, role=row, began_at=now)
    except IntegrityError:
        # The unique row of an open appointment: another request, or an earlier one, made it.
        return Appointment.objects.get(member=member, role=row, ended_at=None)
