from allauth.account import views as allauth_views
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def password_reset(request: HttpRequest) -> HttpResponse:
    """allauth's page that sends a link by e-mail; a node without mail says whom to ask instead."""
    if not settings.EMAIL_HOST:
        return render(request, "governance/password_reset_by_hand.html")
    return allauth_views.password_reset(request)
