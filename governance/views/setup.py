"""The first run: who may found the community, and the four questions."""

from __future__ import annotations

import ipaddress

from allauth.account.utils import perform_login
from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from community_ai.core.clock import now
from community_ai.core.keystore import is_sealed
from governance.forms import SetupForm, SetupKeyForm
from governance.home_entries import arrival
from governance.limits import within_limit
from governance.services import founding

SESSION_KEY = "may_found"
PROXY_HEADERS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


@never_cache
@sensitive_post_parameters("password", "key")
def setup(request: HttpRequest) -> HttpResponse:
    """Ask the four questions of whoever may found the community; ask others for the key of the terminal."""
    if founding.is_founded():
        return render(request, "governance/setup_closed.html", status=404)
    if (key := request.GET.get("key")) is not None:
        return _try_key(request, key)
    if not may_found(request):
        if request.method == "POST" and "key" in request.POST:
            return _try_key(request, request.POST["key"])
        return render(request, "governance/setup_key.html", {"form": SetupKeyForm()}, status=403)
    return _questions(request)


def may_found(request: HttpRequest) -> bool:
    """Whether this browser runs on the node's own computer, or has shown the set-up key.

    Behind a proxy every visitor seems to come from this computer. So the address counts only when nothing speaks of
    a proxy: no header of one, and both the node's own address and the one asked for are this computer's.
    """
    if request.session.get(SESSION_KEY):
        return True
    if any(header in request.headers for header in PROXY_HEADERS):
        return False
    host, _port = split_domain_port(request.get_host())
    return (
        _is_loopback(request.META.get("REMOTE_ADDR", ""))
        and _is_loopback(host)
        and _is_loopback(settings.PUBLIC_URL.hostname or "")
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _try_key(request: HttpRequest, key: str) -> HttpResponse:
    if not within_limit(request, "setup_key"):
        return respond_429(request)
    if founding.is_setup_key(key):
        request.session[SESSION_KEY] = True
        # Without the key in the address, so that it stays out of bookmarks and over-the-shoulder photographs.
        return redirect("governance:setup")
    form = SetupKeyForm({"key": key})
    form.add_error("key", _("This is not the key of this node. Please copy it again from the terminal."))
    return render(request, "governance/setup_key.html", {"form": form}, status=403)


def _questions(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, SetupForm(initial={"language": get_language()}))
    if "show" in request.POST:
        # The way of "Show" without JavaScript: the same answers again, the password readable.
        return _page(request, SetupForm(initial=request.POST.dict(), password_shown=request.POST["show"] == "1"))
    form = SetupForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    answers = form.cleaned_data
    try:
        founder = founding.found_community(
            name=answers["community_name"],
            language=answers["language"],
            username=answers["username"],
            password=answers["password"],
            now=now(),
        )
    except founding.AlreadyFounded:
        return render(request, "governance/setup_closed.html", {"just_now": True}, status=409)
    request.session.pop(SESSION_KEY, None)
    return perform_login(request, founder, redirect_url=arrival())


def _page(request: HttpRequest, form: SetupForm) -> HttpResponse:
    return render(request, "governance/setup.html", {"form": form, "sealed": is_sealed(settings.HOME)})
