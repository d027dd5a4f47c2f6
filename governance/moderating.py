"""The queues of this room: what its moderators should look at."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.deciding import MINUTES_LATE
from governance.models import Comment, Invitation, Proposal, Suspension
from governance.queues import Queue, QueueItem, register_queue
from governance.services.suspensions import RATIFICATION
from governance.services.waiting import titles_of

OLD_DRAFT = timedelta(days=30)


def begin_moderating() -> None:
    """Called once, when the apps are ready."""
    register_queue(
        Queue(
            "emergencies",
            _("Emergency suspensions"),
            _("A member cannot sign in, and the community has not confirmed it yet."),
            emergencies,
        )
    )
    register_queue(
        Queue(
            "late-votes",
            _("Votes that wait to be counted"),
            _("Their time is over. If they stay here, tell the person who runs the node."),
            late_votes,
        )
    )
    register_queue(
        Queue(
            "invitations",
            _("Invitations that let people in"),
            _("Take back a link that went to the wrong people."),
            invitations_in_force,
        )
    )
    register_queue(
        Queue(
            "hidden-comments",
            _("Hidden contributions"),
            _("Look from time to time whether they still must be hidden."),
            hidden_comments,
        )
    )
    register_queue(
        Queue(
            "old-drafts",
            _("Drafts older than 30 days"),
            _("Perhaps their authors need help, or forgot them."),
            old_drafts,
        )
    )


def emergencies(now: datetime) -> list[QueueItem]:
    running = Suspension.objects.running().filter(emergency=True, decision=None).select_related("member")
    ratifications = dict(
        Proposal.objects.accepting_votes(now=now)
        .filter(kind=RATIFICATION)
        .values_list("versions__payload__suspension", "pk")
    )
    return [
        QueueItem(
            str(row.member),
            _proposal_url(ratifications[row.pk]) if row.pk in ratifications else _page_of(row),
            row.began_at,
        )
        for row in running.order_by("pk")
    ]


def late_votes(now: datetime) -> list[QueueItem]:
    late = list(Proposal.objects.due(now=now - timedelta(minutes=MINUTES_LATE)).order_by("closes_at", "pk"))
    titles = titles_of(late)
    return [QueueItem(titles[row.pk], _proposal_url(row.pk), row.closes_at) for row in late if row.closes_at]


def invitations_in_force(now: datetime) -> list[QueueItem]:
    usable = Invitation.objects.usable(now=now).select_related("issued_by").order_by("issued_at", "pk")
    return [
        QueueItem(
            row.note or gettext("A link without a note"),
            _page_of(row),
            row.issued_at,
            gettext("by %(name)s, used %(uses)s of %(most)s times")
            % {"name": row.issued_by or gettext("a former member"), "uses": row.uses, "most": row.max_uses},
        )
        for row in usable
    ]


def hidden_comments(now: datetime) -> list[QueueItem]:
    hidden = Comment.objects.filter(hidden_at__isnull=False).select_related("author").order_by("hidden_at", "pk")
    return [
        QueueItem(
            str(row.author or gettext("a former member")),
            f"{_proposal_url(row.proposal_id)}#comment-{row.pk}",
            row.hidden_at,
            row.hidden_reason,
        )
        for row in hidden
        if row.hidden_at
    ]


def old_drafts(now: datetime) -> list[QueueItem]:
    drafts = Proposal.objects.drafts().filter(drafted_at__lt=now - OLD_DRAFT).select_related("author")
    old = list(drafts.order_by("drafted_at", "pk"))
    titles = titles_of(old)
    return [
        QueueItem(
            titles[row.pk],
            _proposal_url(row.pk),
            row.drafted_at,
            gettext("by %(name)s") % {"name": row.author or gettext("a former member")},
        )
        for row in old
    ]


def _proposal_url(pk: int) -> str:
    return reverse("governance:proposal", args=[pk])


def _page_of(row: Suspension | Invitation) -> str:
    """The row's page among the moderators' pages."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
