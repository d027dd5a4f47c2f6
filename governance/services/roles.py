"""The roles that a community begins with."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from governance.models import Role
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
