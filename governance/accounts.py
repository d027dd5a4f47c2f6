"""How allauth's pages behave here: registration only with an invitation."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from community_ai.core.clock import now
from governance.forms import INVITATION_SESSION_KEY
from governance.services import invitations


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether this browser came with an invitation that lets somebody in.

        A form that is sent back is let through with any invitation: if the last place went meanwhile, the form
        itself says so and keeps what was typed, and `invitations.accept` is the judge.
        """
        secret = request.session.get(INVITATION_SESSION_KEY)
        if not secret:
            return False
        return request.method == "POST" or invitations.why_unusable(secret=secret, now=now()) is None
