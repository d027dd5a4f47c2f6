"""Who reviews what members teach."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.models import Appointment, Member, Role
from governance.permissions import Permission
from governance.refusals import Refused


class MayNotReview(Refused):
    def __init__(self) -> None:
        super().__init__(_("Only members who review what is taught can do this."))


def teachers() -> frozenset[int]:
    """The keys of the members who hold a role that reviews now."""
    roles = [role.pk for role in Role.objects.all() if Permission.TEACH.value in role.permissions]
    held = Appointment.objects.filter(role__in=roles, ended_at=None, member__is_active=True)
    return frozenset(held.values_list("member_id", flat=True))


def is_only_teacher(member: Member) -> bool:
    return teachers() == {member.pk}


def require_teacher(member: Member) -> None:
    """Raises MayNotReview."""
    if not member.may(Permission.TEACH):
        raise MayNotReview
