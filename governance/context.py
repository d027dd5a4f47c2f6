"""What every page knows: whose node this is, and what the person in front of it may do."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from community_ai.core.clock import now
from governance.models import Community, Member
from governance.services.waiting import count_votes_waiting_for


def community(request: HttpRequest) -> dict[str, Any]:
    """`community` (the row or nothing) and `may` (names of permissions), both read only when a page uses them;
    `has_mail`: whether the node can send e-mail; `votes_waiting`: for how many votes the node waits for them."""
    return {
        "community": SimpleLazyObject(Community.objects.first),
        "may": SimpleLazyObject(lambda: _may(request)),
        "has_mail": bool(settings.EMAIL_HOST),
        # Called by the page that shows it, and asked once: a plain number, which ngettext needs.
        "votes_waiting": cache(lambda: _votes_waiting(request)),
    }


def _may(request: HttpRequest) -> frozenset[str]:
    user = getattr(request, "user", None)
    return user.permissions() if user is not None and user.is_authenticated else frozenset()


def _votes_waiting(request: HttpRequest) -> int:
    user = getattr(request, "user", None)
    return count_votes_waiting_for(user, now=now()) if isinstance(user, Member) else 0
