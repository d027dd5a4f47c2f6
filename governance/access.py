"""Who is asking: the way of views from a request to a member."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from governance.models import Member
from governance.permissions import Permission


def member_of(request: HttpRequest, *, who_may: Permission | None = None) -> Member:
    """The signed-in member. Raises PermissionDenied for nobody, or when no role of theirs gives `who_may`."""
    member = request.user
    if not isinstance(member, Member) or not member.is_active:
        raise PermissionDenied
    if who_may is not None and not member.may(who_may):
        raise PermissionDenied
    return member
