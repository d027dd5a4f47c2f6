"""The moderators' pages: Django's admin, entered through allauth, showing only what was written for it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from community_ai.core.clock import now
from governance.moderator_pages import SAFE, ModeratorPage, may_moderate, takes_post
from governance.queues import queues

MOST_SHOWN = 20


class CommunityAdminConfig(AdminConfig):
    default_site = "governance.admin_site.CommunityAdminSite"


class CommunityAdminSite(admin.AdminSite):
    site_header = _("Moderators' pages")
    site_title = _("Moderators' pages")
    index_title = _("Our community")

    def register(
        self, model_or_iterable: type[Model] | Iterable[type[Model]], admin_class: Any = None, **options: Any
    ) -> None:
        """Register only a ModeratorPage.

        Packages register pages of their own that would show secrets (second factors, queued jobs) or change what only
        a decision may change; they stay out.
        """
        if isinstance(admin_class, type) and issubclass(admin_class, ModeratorPage):
            super().register(model_or_iterable, admin_class, **options)

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """What waits for moderators, then all their pages."""
        moment = now()
        waiting = [(queue, queue.items(moment)) for queue in queues()]
        return super().index(request, {**(extra_context or {}), "queues": waiting, "most_shown": MOST_SHOWN})

    def has_permission(self, request: HttpRequest) -> bool:
        return may_moderate(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Sign-in first, then the permission; and a page is only read, unless it says that it takes a form."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_sign_in(request.get_full_path())
            if not may_moderate(request):
                raise PermissionDenied
            if request.method not in SAFE and not getattr(view, "takes_post", False):
                return HttpResponseNotAllowed(SAFE)
            return guarded(request, *args, **kwargs)

        return answer

    @method_decorator(require_safe)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Sign-in happens on the members' page; a member without the permission is told so."""
        if request.user.is_authenticated and not may_moderate(request):
            raise PermissionDenied
        if request.user.is_authenticated:
            return redirect("admin:index")
        return _to_sign_in(request.GET.get("next") or reverse("admin:index"))

    @takes_post
    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_logout")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        return redirect("account_change_password")


def _to_sign_in(wanted: str) -> HttpResponse:
    """The members' sign-in page, and from there to the wanted page; allauth checks that it stays on this node."""
    return redirect(f"{reverse('account_login')}?{urlencode({'next': wanted})}")
