"""What all pages of knowledge have in common: a signed-in member, and 404 for whatever they may not see."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from community_ai.core.clock import now
from governance.access import member_of
from knowledge import access
from knowledge.models import Entry
from knowledge.services.entries import NoSuchEntry

View = Callable[..., HttpResponse]


def member_page(view: View) -> View:
    """A page for members: sign-in first, and one and the same 404 for what is absent, hidden by a label, or a draft of
    somebody else."""

    @login_required
    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (access.NotFound, NoSuchEntry, Entry.DoesNotExist):
            raise Http404 from None

    return guarded


def reachable_entry(request: HttpRequest, pk: UUID) -> Entry:
    """The entry of this address with its present version. Raises NotFound."""
    together = ("present", "author")
    return access.reachable_row(Entry, member=member_of(request), pk=pk, now=now(), together=together)
