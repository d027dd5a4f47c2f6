"""What this room puts on the members' home page: ways in, and what about the AI waits for the member."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.effects import kind_named
from governance.home_entries import WaitingItem, Welcome, register_waiting, register_welcome
from governance.models import Member, Proposal, ProposalState
from governance.services import rules
from inference.brake_state import brake_state
from inference.kinds.behaviours import CONFIRM
from inference.services import behaviour


def register_welcoming() -> None:
    """Called once, when the apps are ready."""
    register_welcome(
        Welcome(
            title=gettext_lazy("Talk with the AI"),
            detail=gettext_lazy("Ask it something. What you write stays on our own computer."),
            url_name="inference:chat",
        )
    )
    register_welcome(
        Welcome(
            title=gettext_lazy("How our AI behaves"),
            detail=gettext_lazy("What we decided about it, and how to propose a change."),
            url_name="inference:ai",
        )
    )
    register_waiting(about_the_ai)


def about_the_ai(member: Member, now: datetime) -> list[WaitingItem]:
    """The brake while it acts, and the founder's version while nobody has proposed to confirm it."""
    return [*_brake(now), *_provisional(member)]


def _brake(now: datetime) -> list[WaitingItem]:
    state = brake_state(now=now)
    if state is None:
        return []
    pulled = {"name": state.brake.pulled_by or _("A former member")}
    return [
        WaitingItem(
            title=_("The AI is paused") if state.instead is None
            else _("The AI answers as in version %(number)s for now") % {"number": state.instead.number},
            detail=_("The community decided it.") if state.confirmed
            else _("%(name)s pulled the emergency brake; the community votes on it.") % pulled,
            url=reverse("inference:brake"),
            urgent=True,
            until=None if state.confirmed else state.brake.until,
        )
    ]  # fmt: skip


def _provisional(member: Member) -> list[WaitingItem]:
    try:
        version = behaviour.in_force()
    except behaviour.NoBehaviour:
        return []
    if not version.provisional or not rules.may_begin(member, kind_named(CONFIRM)):
        return []
    discussed = Proposal.objects.filter(kind=CONFIRM, state__in=(ProposalState.DRAFT, ProposalState.OPEN))
    if discussed.exists():
        return []
    return [
        WaitingItem(
            title=_("The founder's version of the AI waits for confirmation"),
            detail=_("It is provisional until the community votes on it."),
            url=reverse("inference:ai"),
            urgent=False,
        )
    ]
