"""The moderators' pages: Django's admin, entered through allauth, showing only what was written for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from governance.permissions import Permission


class CommunityAdminConfig(AdminConfig):
    default_site = "governance.admin_site.CommunityAdminSite"


class ModeratorPage(admin.ModelAdmin):
    """Moderators look; nothing is added, changed or deleted here. What they may do is an action of its own."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_moderate(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_moderate(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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

    def has_permission(self, request: HttpRequest) -> bool:
        return may_moderate(request)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Sign-in happens on the members' page; a member without the permission is told so."""
        if request.user.is_authenticated and not may_moderate(request):
            raise PermissionDenied
        if request.user.is_authenticated:
            return redirect("admin:index")
        # allauth's page checks that `next` stays on this node.
        wanted = request.GET.get("next") or reverse("admin:index")
        return redirect(f"{reverse('account_login')}?{urlencode({'next': wanted})}")

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        return redirect("account_logout")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        return redirect("account_change_password")


def may_moderate(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and user.may(Permission.MODERATE)
