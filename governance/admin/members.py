from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.models import Appointment, Member, Role, Suspension
from governance.moderator_pages import GovernedPage, Link, proposal_link
from governance.permissions import Permission


@admin.register(Member)
class MemberPage(GovernedPage):
    list_display = ("username", "display_name", "roles_now", "is_active", "date_joined")
    search_fields = ("username", "display_name")
    fields = ("username", "display_name", "language", "roles_now", "is_active", "date_joined")
    readonly_fields = ("roles_now",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        return super().get_queryset(request).prefetch_related("appointments__role")

    def ways(self, row: Member | None) -> Iterable[Link]:
        given = {"member": row.pk} if row else {}
        if row and not row.is_active:
            return [proposal_link("member-reinstate", _("Propose to end the suspension"), **given)]
        return [
            proposal_link("role-appoint", _("Propose to give a role"), **given),
            proposal_link("role-dismiss", _("Propose to end a role"), **given),
            proposal_link("member-suspend", _("Propose a suspension"), **given),
        ]

    @admin.display(description=_("roles"))
    def roles_now(self, member: Member) -> str:
        return ", ".join(str(held.role) for held in member.appointments.all() if held.ended_at is None)


@admin.register(Role)
class RolePage(GovernedPage):
    list_display = ("__str__", "allowed")
    fields = ("key", "allowed")
    readonly_fields = ("allowed",)

    def ways(self, row: Role | None) -> Iterable[Link]:
        if row is None:
            return [proposal_link("role-create", _("Propose a new role"))]
        return [
            proposal_link("role-change", _("Propose to change what it may do"), role=row.key),
            proposal_link("role-appoint", _("Propose to give it to a member"), role=row.key),
            proposal_link("role-dismiss", _("Propose to take it from a member"), role=row.key),
        ]

    @admin.display(description=_("may"))
    def allowed(self, role: Role) -> str:
        return ", ".join(str(label) for name, label in Permission.choices if name in role.permissions)


@admin.register(Appointment)
class AppointmentPage(GovernedPage):
    list_display = ("member", "role", "began_at", "ended_at")
    list_select_related = ("member", "role")
    fields = list_display
    ordering = ("-pk",)

    def ways(self, row: Appointment | None) -> Iterable[Link]:
        if row is None:
            return [
                proposal_link("role-appoint", _("Propose to give a role")),
                proposal_link("role-dismiss", _("Propose to end a role")),
            ]
        given = {"member": row.member_id, "role": row.role.key}
        if row.ended_at:
            return [proposal_link("role-appoint", _("Propose to give it again"), **given)]
        return [proposal_link("role-dismiss", _("Propose to end it"), **given)]


@admin.register(Suspension)
class SuspensionPage(GovernedPage):
    list_display = ("member", "began_at", "until", "emergency", "suspended_by", "ended_at", "end")
    list_select_related = ("member", "suspended_by")
    list_filter = ("emergency", "end")
    fields = (*list_display, "decision")

    def ways(self, row: Suspension | None) -> Iterable[Link]:
        if row and row.ended_at is None:
            return [proposal_link("member-reinstate", _("Propose to end it"), member=row.member_id)]
        return [proposal_link("member-suspend", _("Propose a suspension"))]
