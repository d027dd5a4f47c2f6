"""Who may see, take along and erase their own things: every member, and also one who is suspended."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache

from governance.models import Member

View = Callable[..., HttpResponseBase]


def own_things(view: View) -> View:
    """The page is for the signed-in member alone, and nobody keeps a copy. Suspended members reach it too: who may be
    here at all is decided by `governance.suspended_members`."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    return never_cache(login_required(shown))


def me(request: HttpRequest) -> Member:
    """The member whose own things these are. Raises PermissionDenied for nobody."""
    if not isinstance(request.user, Member):
        raise PermissionDenied
    return request.user
