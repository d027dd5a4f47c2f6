"""What this room puts on the way of members: the page for who has just joined, and a reminder when a text changed."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.services import grants
from governance.home_entries import WaitingItem, register_arrival, register_waiting
from governance.models import Member


def begin_welcoming() -> None:
    """Called once, when the apps are ready."""
    register_arrival("consent:welcome")
    register_waiting(changed_texts)


def changed_texts(member: Member, now: datetime) -> list[WaitingItem]:
    """Purposes that the member agreed to before their texts changed."""
    count = len(grants.outdated(member=member))
    if not count:
        return []
    return [
        WaitingItem(
            title=_("Please choose again what may happen with what is yours"),
            detail=ngettext(
                "A text changed. Until you have read it, it counts as no.",
                "%(count)s texts changed. Until you have read them, they count as no.",
                count,
            )
            % {"count": count},
            url=reverse("consent:purposes"),
            urgent=False,
        )
    ]
