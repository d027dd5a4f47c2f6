"""allauth's pages that need mail. A node without mail says so instead of promising what it cannot send."""

from allauth.account import views as allauth_views
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def password_reset(request: HttpRequest) -> HttpResponse:
    """A link for a new password by e-mail, or whom to ask for one."""
    if not settings.EMAIL_HOST:
        return render(request, "governance/password_reset_by_hand.html")
    return allauth_views.password_reset(request)


def addresses(request: HttpRequest) -> HttpResponse:
    """The member's e-mail addresses, or why none is asked for."""
    if not settings.EMAIL_HOST:
        return render(request, "governance/no_addresses.html")
    return allauth_views.email(request)
