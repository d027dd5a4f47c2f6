from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from community_ai.core.clock import now
from governance.access import member_of
from governance.models import Appointment, Invitation, Member, Role
from governance.moderator_pages import ModeratorPage
from governance.permissions import Permission
from governance.services import invitations


@admin.register(Member)
class MemberPage(ModeratorPage):
    list_display = ("username", "display_name", "roles_now", "is_active", "date_joined")
    search_fields = ("username", "display_name")
    fields = ("username", "display_name", "language", "roles_now", "is_active", "date_joined")
    readonly_fields = ("roles_now",)

    @admin.display(description=_("roles"))
    def roles_now(self, member: Member) -> str:
        held = Appointment.objects.filter(member=member, ended_at=None).select_related("role")
        return ", ".join(str(appointment.role) for appointment in held)


@admin.register(Role)
class RolePage(ModeratorPage):
    list_display = ("__str__", "allowed", "how_it_changes")
    fields = ("key", "allowed", "how_it_changes")
    readonly_fields = ("allowed", "how_it_changes")

    @admin.display(description=_("may"))
    def allowed(self, role: Role) -> str:
        return ", ".join(str(Permission(name).label) for name in role.permissions)

    @admin.display(description=_("how it changes"))
    def how_it_changes(self, role: Role) -> str:
        return gettext("By a decision of the community, never here.")


@admin.register(Invitation)
class InvitationPage(ModeratorPage):
    list_display = ("__str__", "issued_by", "issued_at", "expires_at", "uses", "max_uses", "revoked_at")
    fields = list_display[1:]
    actions = ("take_back",)

    @admin.action(description=_("Take back the chosen links"), permissions=["view"])
    def take_back(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        for invitation in chosen:
            invitations.revoke(invitation_id=invitation.pk, by=member_of(request), now=now())
        messages.success(request, gettext("The chosen links are taken back. They let nobody in any more."))
