"""What teaching puts on a member's home page: for teachers what waits for them, for all what became of theirs."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.home_entries import WaitingItem, register_waiting
from governance.models import Member
from governance.permissions import Permission
from knowledge.services import corrections, open_questions, reviews


def register_waiting_sources() -> None:
    """Called once, when the apps are ready."""
    for source in (questions_waiting_for, reviews_waiting_for, answers_waiting_for):
        register_waiting(source)


def reviews_waiting_for(member: Member, now: datetime) -> list[WaitingItem]:
    """What members taught and nobody has looked at."""
    if not member.may(Permission.TEACH):
        return []
    count = reviews.queue(reviewer=member).count()
    title = ngettext(
        "What one member taught waits for a teacher", "%(count)s things that members taught wait for a teacher", count
    )
    detail = _("You can take it as knowledge, or say why not.")
    return [WaitingItem(title % {"count": count}, detail, reverse("knowledge:reviews"), False)] if count else []


def questions_waiting_for(member: Member, now: datetime) -> list[WaitingItem]:
    """Questions that the community has no note on, for those who teach."""
    if not member.may(Permission.TEACH):
        return []
    count = open_questions.queue(teacher=member).count()
    title = ngettext("One question that nobody could answer", "%(count)s questions that nobody could answer", count)
    detail = _("Members asked them. Perhaps you know the answer.")
    return [WaitingItem(title % {"count": count}, detail, reverse("knowledge:questions"), False)] if count else []


def answers_waiting_for(member: Member, now: datetime) -> list[WaitingItem]:
    """What became of the member's own questions and of what they taught, until they have looked at it."""
    items = []
    if answered := open_questions.unread(member).count():
        title = ngettext("Your question was looked at", "%(count)s questions of yours were looked at", answered)
        detail = _("Read what those who teach say.")
        items.append(WaitingItem(title % {"count": answered}, detail, reverse("knowledge:questions"), False))
    if decided := corrections.unread(member).count():
        title = ngettext("A teacher looked at what you taught", "Teachers looked at what you taught", decided)
        items.append(WaitingItem(title, _("Thank you for teaching."), reverse("knowledge:taught"), False))
    return items
