"""What notes about the node put on a moderator's home page, and on the first of the moderators' pages."""

from __future__ import annotations

from datetime import datetime, time

from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.home_entries import WaitingItem
from governance.models import FeedbackNote, Member
from governance.permissions import Permission
from governance.queues import Queue, QueueItem
from governance.services import feedback

SHORT = 80


def notes_waiting_for(member: Member, now: datetime) -> list[WaitingItem]:
    """For moderators: notes that nobody has answered. One query."""
    if not member.may(Permission.MODERATE):
        return []
    count = feedback.without_answer(now=now).count()
    if not count:
        return []
    title = ngettext(
        "One note about this node waits for an answer", "%(count)s notes about this node wait for an answer", count
    ) % {"count": count}
    return [WaitingItem(title, _("Everyone can read what you answer."), f"{reverse('governance:feedback')}?new", False)]


def notes_as_items(now: datetime) -> list[QueueItem]:
    """Notes that nobody has answered, the oldest first. Of a note only its day is known."""
    return [_item(note) for note in feedback.without_answer(now=now).order_by("day", "pk")]


def _item(note: FeedbackNote) -> QueueItem:
    return QueueItem(
        title=Truncator(note.text).chars(SHORT),
        url=reverse("governance:feedback_note", args=[note.pk]),
        since=timezone.make_aware(datetime.combine(note.day, time.min), timezone.get_default_timezone()),
    )


NOTES_WITHOUT_ANSWER = Queue(
    key="feedback",
    title=gettext_lazy("Notes about this node"),
    explanation=gettext_lazy("Members wrote them and nobody has answered. Everyone can read the answer."),
    items=notes_as_items,
)
