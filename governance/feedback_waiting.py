"""What notes about the node put on a member's home page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.models import FeedbackState, Member
from governance.permissions import Permission
from governance.services import feedback


@dataclass(frozen=True)
class WaitingItem:
    """Something that one member can do now. `until` is shown in the member's time zone."""

    title: str | Promise
    detail: str | Promise
    url: str
    urgent: bool
    until: datetime | None = None


def notes_waiting_for(member: Member, now: datetime) -> list[WaitingItem]:
    """For moderators: notes that nobody has answered. One query."""
    if not member.may(Permission.MODERATE):
        return []
    count = feedback.shown(now=now).filter(state=FeedbackState.NEW, hidden_because="").count()
    if not count:
        return []
    title = ngettext(
        "One note about this node waits for an answer", "%(count)s notes about this node wait for an answer", count
    ) % {"count": count}
    return [WaitingItem(title, _("Everyone can read what you answer."), f"{reverse('governance:feedback')}?new", False)]
