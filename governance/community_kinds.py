"""What the record tells of the community itself: founding, invitations, people who join, links for a new password,
erased private parts.

Kinds around decisions stand in `governance.record_kinds`.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from governance.audit.kinds import Readers, register_entry_kind
from governance.services.audit import ERASED

FOUNDED = "community.founded"
INVITED = "invitation.issued"
INVITATION_TAKEN_BACK = "invitation.taken_back"
JOINED = "member.joined"
LINK_ISSUED = "password_link.issued"


def register_community_kinds() -> None:
    """Called once, when the apps are ready."""
    register_entry_kind(
        FOUNDED,
        _("%(actor)s founded the community “%(name)s”."),
        label=_("The community was founded"),
    )
    register_entry_kind(
        INVITED,
        ngettext_lazy(
            "%(actor)s made an invitation for one person.",
            "%(actor)s made an invitation for %(people)s people.",
            "people",
        ),
        label=_("Invitations"),
        readers=Readers.ACTOR,
    )
    register_entry_kind(
        INVITATION_TAKEN_BACK,
        _("%(actor)s took an invitation back."),
        label=_("Invitations taken back"),
    )
    register_entry_kind(
        JOINED,
        _("%(actor)s joined the community, invited by %(invited_by)s."),
        label=_("People who joined"),
    )
    register_entry_kind(
        LINK_ISSUED,
        _("At the node's own computer somebody made a link with which %(member)s can set a new password."),
        label=_("Links for a new password"),
    )
    register_entry_kind(
        ERASED,
        ngettext_lazy(
            "The private part of one entry was erased.",
            "The private parts of %(count)s entries were erased.",
            "count",
        ),
        label=_("Private parts that were erased"),
    )
