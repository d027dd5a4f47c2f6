"""One e-mail to each member who has not voted, a day before a vote closes, where the node has mail."""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from governance.models import Community, Member, Proposal, Reminder
from governance.services.waiting import titles_of
from governance.time_zones import zone_of

logger = logging.getLogger(__name__)

BEFORE_CLOSE = timedelta(hours=24)


def send_due(*, now: datetime) -> int:
    """Remind of every vote that closes within a day; returns how many messages went out.

    The row of a reminder is the claim: who writes it sends the message, and a second job finds it there. A mail server
    that refuses gets the message again at the next call.
    """
    if not settings.EMAIL_HOST:
        return 0
    closing = list(
        Proposal.objects.accepting_votes(now=now).filter(closes_at__lte=now + BEFORE_CLOSE).order_by("closes_at", "pk")
    )
    titles = titles_of(closing)
    return sum(
        _remind(member, proposal, titles[proposal.pk], now)
        for proposal in closing
        for member in _silent_voters(proposal)
    )


def _silent_voters(proposal: Proposal) -> list[Member]:
    """Who may vote, has an address, has not voted and was not reminded."""
    return list(
        Member.objects.filter(
            is_active=True,
            eligibilities__in=proposal.eligibilities.filter(ballots=None, participation=None),
        )
        .exclude(email="")
        .exclude(pk__in=proposal.reminders.values("member_id"))
        .order_by("pk")
    )


def _remind(member: Member, proposal: Proposal, title: str, now: datetime) -> bool:
    claim, mine = Reminder.objects.get_or_create(proposal=proposal, member=member, defaults={"claimed_at": now})
    if not mine:
        return False
    try:
        _send(member, proposal, title)
    except (OSError, smtplib.SMTPException):
        logger.warning("the reminder of proposal %s could not be sent", proposal.pk, exc_info=True)
        claim.delete()
        return False
    return True


def _send(member: Member, proposal: Proposal, title: str) -> None:
    community = Community.objects.first()
    address = settings.PUBLIC_URL.geturl().rstrip("/") + reverse("governance:proposal", args=[proposal.pk])
    language = member.language or (community.language if community else settings.LANGUAGE_CODE)
    zone = zone_of(member)
    with translation.override(language), timezone.override(zone):
        context = {
            "member": member,
            "proposal": proposal,
            "title": title,
            "address": address,
            "community": community,
            "zone": zone,
        }
        send_mail(
            subject=_("A vote closes soon: %(title)s") % {"title": title},
            message=render_to_string("governance/decisions/reminder.txt", context),
            from_email=None,
            recipient_list=[member.email],
        )
