from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from community_ai.core.clock import now
from governance.access import member_of
from governance.models import Community, Invitation
from governance.moderator_pages import GovernedPage, ModeratorPage
from governance.services import invitations


@admin.register(Community)
class CommunityPage(GovernedPage):
    list_display = ("name", "language", "founded_at")
    fields = list_display


@admin.register(Invitation)
class InvitationPage(ModeratorPage):
    list_display = ("__str__", "issued_by", "issued_at", "expires_at", "uses", "max_uses", "revoked_at")
    list_select_related = ("issued_by",)
    fields = list_display[1:]
    actions = ("take_back",)

    @admin.action(description=_("Take back the chosen links"), permissions=["view"])
    def take_back(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        for invitation in chosen:
            invitations.revoke(invitation_id=invitation.pk, by=member_of(request), now=now())
        messages.success(request, gettext("The chosen links are taken back. They let nobody in any more."))
