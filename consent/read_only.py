"""A node that was put back from too old a backup can be read and not written, until the community has decided.

Signing in and out, choosing a language, the one vote, and what members do with their own things go on: taking back an
agreement, taking along, erasing. What the jobs would do waits, too
(`governance.standstill`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from consent.models import Restore
from consent.services import restores
from governance.standstill import Standstill

# WebDAV's "Locked" (RFC 4918, section 11.3): what is asked for is fine, and cannot be done now.
LOCKED = 423
ALWAYS = frozenset(
    {
        "account_login", "account_logout", "account_reauthenticate", "mfa_authenticate", "mfa_login_webauthn",
        "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "governance:set_language", "consent:end_sign_in",
        # Taking back, taking along and erasing: whoever could put an old backup in place could stop them otherwise.
        "consent:purposes", "consent:take_along", "consent:erase_kind", "consent:erase_piece", "consent:leave",
        "inference:forget_fact",
    }
)  # fmt: skip
VOTE = "governance:proposal_vote"


class ReadOnlyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        match = request.resolver_match
        if request.method != "POST" or match is None or match.view_name in ALWAYS:
            return None
        closed = restores.closed()
        if closed is None or (match.view_name == VOTE and kwargs.get("pk") == closed.proposal_id):
            return None
        return refused(request, closed)


def refused(request: HttpRequest, closed: Restore) -> HttpResponse:
    """The page that says why nothing can be written. htmx is led to the vote, where the reason stands, too."""
    response = render(request, "consent/read_only.html", {"closed": closed}, status=LOCKED)
    if request.headers.get("HX-Request") and closed.proposal_id:
        response["HX-Redirect"] = reverse("governance:proposal", args=[closed.proposal_id])
    return response


def standstill() -> Standstill | None:
    """What governance asks."""
    closed = restores.closed()
    return None if closed is None else Standstill(closed.proposal_id)
