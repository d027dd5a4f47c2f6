"""How allauth's pages behave here: registration only with an invitation."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from community_ai.core.clock import now
from governance.forms import INVITATION_SESSION_KEY
from governance.home_entries import arrival
from governance.services import invitations, suspensions
from governance.signing_in import signed_in
from governance.signing_out import signed_out


class AccountAdapter(DefaultAccountAdapter):
    _no_match = _("Name and password do not fit together. Please check both and try again.")
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _no_match,
        "email_password_mismatch": _no_match,
        "username_taken": _("Somebody here has this name already. Please choose another."),
        "too_many_login_attempts": _("There were many tries. Please wait five minutes and try again."),
    }

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return arrival()

    def login(self, request: HttpRequest, user: Any) -> None:
        """Every way to sign in ends here."""
        super().login(request, user)
        signed_in(request=request, member_id=user.pk, now=now())

    def logout(self, request: HttpRequest) -> None:
        """Sign out first, so that whatever fails afterwards leaves nobody signed in."""
        member_id = request.user.pk
        super().logout(request)
        if member_id is not None:
            signed_out(member_id=member_id, now=now())

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """A suspended member signs in with password and second factor like everyone, and reaches their own things
        alone (`governance.middleware.SuspendedMemberMiddleware`)."""
        if suspensions.is_suspended(user):
            return None
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        # Right after signing in, `request.user` is who signed in, suspended or not.
        if request.user.is_authenticated and not request.user.is_active:
            return reverse("consent:about_me")
        url: str = super().get_login_redirect_url(request)
        return url

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether this browser came with an invitation that lets somebody in.

        A form that is sent back is let through with any invitation: if the last place went meanwhile, the form
        itself says so and keeps what was typed, and `invitations.accept` is the judge.
        """
        secret = request.session.get(INVITATION_SESSION_KEY)
        if not secret:
            return False
        return request.method == "POST" or invitations.why_unusable(secret=secret, now=now()) is None
