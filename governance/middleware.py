"""Which language a page speaks, and where a node without a community sends everybody.

Both are synchronous on purpose: they ask the database, and one synchronous layer near the view lets Django run the
layers around it in the same thread.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from governance.models import Community
from governance.services import founding, suspensions

# What a member can do about themselves, whatever the community decided about them.
OWN_THINGS = "/me/"
GetResponse = Callable[[HttpRequest], HttpResponse]


class SuspendedMemberMiddleware:
    """Lets a suspended member reach their own things, and nothing else: what the node knows about them can be seen,
    taken along and erased all the same. On every other page they are nobody, as anyone whose account is not active."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._own_things(request.path) and not request.user.is_authenticated:
            member = suspensions.signed_in_though_suspended(request)
            if member is not None:
                request.user = member
        return self.get_response(request)

    @staticmethod
    def _own_things(path: str) -> bool:
        return path.startswith(OWN_THINGS) or path in (
            reverse("account_reauthenticate"),
            reverse("mfa_reauthenticate"),
            reverse("mfa_reauthenticate_webauthn"),
            reverse("account_logout"),
        )


class MemberLanguageMiddleware:
    """The member's own language wins, then what this browser chose, then the community's, then the browser's wish."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = self._language(request)
        if language in dict(settings.LANGUAGES):
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)

    def _language(self, request: HttpRequest) -> str:
        if request.user.is_authenticated and request.user.language:
            return request.user.language
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if chosen in dict(settings.LANGUAGES):
            return chosen
        return Community.objects.values_list("language", flat=True).first() or ""


class FirstRunMiddleware:
    """While there is no community, every page leads to the set-up. Once there is one, nothing is asked any more."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.founded = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.founded:
            self.founded = founding.is_founded()
        if not self.founded and not self._open_before_founding(request.path):
            return redirect("governance:setup")
        return self.get_response(request)

    @staticmethod
    def _open_before_founding(path: str) -> bool:
        return path in {reverse("governance:setup"), reverse("governance:set_language")}
