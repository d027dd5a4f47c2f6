"""What the moderators' pages have in common: they show, and say where what is shown can be changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from governance.permissions import Permission

SAFE = ("GET", "HEAD")


def may_moderate(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and user.may(Permission.MODERATE)


def takes_post(view: Any) -> Any:
    """Mark a view of the moderators' pages that a form may be sent to; the others can only be read."""
    view.takes_post = True
    return view


class ModeratorPage(admin.ModelAdmin):
    """Moderators look; nothing is added, changed or deleted here. What they may do is an action of its own."""

    # Counting all rows for each filter says nothing that a moderator needs.
    show_facets = admin.ShowFacets.NEVER

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

    @takes_post
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list; a form is sent to it only to carry out one of the page's own actions."""
        if request.method not in SAFE and not self.actions:
            return HttpResponseNotAllowed(SAFE)
        return super().changelist_view(request, extra_context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What happened stands in the record, for every member."""
        return redirect("governance:records")


@dataclass(frozen=True)
class Link:
    """Where a moderator can go from a page that changes nothing itself."""

    label: str | Promise
    url: str


def proposal_link(kind: str, label: str | Promise, /, **given: Any) -> Link:
    """The form of a new proposal of this kind, with the fields that are `given` filled in."""
    address = reverse("governance:proposal_draft", args=[kind])
    return Link(label, f"{address}?{urlencode(given)}" if given else address)


class GovernedPage(ModeratorPage):
    """What only a decision changes. The page says so, and where such a decision begins.

    A subclass says where: `ways(None)` for the list, `ways(row)` for one row.
    """

    why = _("This changes by a decision of the community, never here.")
    change_list_template = "admin/governed_change_list.html"
    change_form_template = "admin/governed_change_form.html"

    def ways(self, row: Any | None) -> Iterable[Link]:
        """The proposals that would change this row, or, with None, any; without any, all kinds of proposals."""
        return ()

    def called(self, row: Any) -> str:
        """What a row is called on its page."""
        return str(row)

    @takes_post
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), **self._governed(None)})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        named = {"subtitle": self.called(row)} if row is not None else {}
        return super().render_change_form(request, {**context, **named, **self._governed(row)}, *args, **kwargs)

    def _governed(self, row: Any | None) -> dict[str, Any]:
        every_kind = Link(_("Propose something"), reverse("governance:proposal_start"))
        return {"why": self.why, "ways": list(self.ways(row)) or [every_kind]}
