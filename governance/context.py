"""What every page knows: whose node this is, and what the person in front of it may do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from governance.models import Community


def community(request: HttpRequest) -> dict[str, Any]:
    """`community` (the row or nothing) and `may` (names of permissions), both read only when a page uses them;
    `has_mail`: whether the node can send e-mail."""
    return {
        "community": SimpleLazyObject(Community.objects.first),
        "may": SimpleLazyObject(lambda: _may(request)),
        "has_mail": bool(settings.EMAIL_HOST),
    }


def _may(request: HttpRequest) -> frozenset[str]:
    user = getattr(request, "user", None)
    return user.permissions() if user is not None and user.is_authenticated else frozenset()
