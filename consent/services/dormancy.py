"""Members who do not come any more: after how long they are asked, and after how long their talk is erased.

The rule is what the last genuine decision about it says; without one, nobody is asked and nothing is erased. What they
taught is never touched by it. Sign-ins are known to the day on which they began; one lasts up to 30 days.
"""

from __future__ import annotations

import logging
import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from community_ai.core.holdings import holdings
from consent.models import DormancyNotice
from consent.services import erasure
from governance.models import Community, Decision, Member, ProposalVersion
from governance.services.decisions import is_genuine

logger = logging.getLogger(__name__)

DORMANCY = "dormancy"
LEAST_DAYS_QUIET, MOST_DAYS_QUIET = 90, 3650
LEAST_DAYS_ASKED, MOST_DAYS_ASKED = 30, 3650
NEVER = 0


@dataclass(frozen=True)
class Rule:
    """`quiet_days` without a sign-in until a member is asked, then `asked_days` until their talk is erased. `NEVER`."""

    quiet_days: int = NEVER
    asked_days: int = NEVER

    def to_json(self) -> dict[str, Any]:
        return {"quiet_days": self.quiet_days, "asked_days": self.asked_days}


def in_force() -> Rule:
    """What the community decided last, and has the node's seal."""
    for decision in Decision.objects.carried_out().filter(kind=DORMANCY).order_by("-pk"):
        if is_genuine(decision):
            said = ProposalVersion.objects.get(proposal=decision.proposal_id, number=decision.version).payload
            return Rule(said["quiet_days"], said["asked_days"])
    return Rule()


def look_after(*, now: datetime) -> tuple[int, int]:
    """Ask those who are due, and erase the talk of those who did not answer; how many of each. Runs once a day."""
    came_back = Q(member__last_login__gt=F("asked_at"))
    DormancyNotice.objects.filter(came_back).delete()
    rule = in_force()
    if not rule.quiet_days:
        return 0, 0
    asked = sum(_ask(member, rule, now) for member in _quiet(rule, now))
    if not rule.asked_days:
        return asked, 0
    over = DormancyNotice.objects.filter(asked_at__lte=now - timedelta(days=rule.asked_days), erased_at=None)
    over = over.filter(member__is_active=True)
    return asked, sum(_erase(notice, now) for notice in over.select_related("member"))


def _quiet(rule: Rule, now: datetime) -> QuerySet[Member]:
    """Members who could sign in and did not: a suspended one could not."""
    before = now - timedelta(days=rule.quiet_days)
    silent = Q(last_login__lte=before) | Q(last_login=None, date_joined__lte=before)
    asked = DormancyNotice.objects.values("member")
    return Member.objects.filter(silent, is_active=True).exclude(pk__in=asked).order_by("pk")


def _ask(member: Member, rule: Rule, now: datetime) -> bool:
    _notice, new = DormancyNotice.objects.get_or_create(member=member, defaults={"asked_at": now})
    if new and member.email and settings.EMAIL_HOST:
        try:
            _send(member, rule)
        except (OSError, smtplib.SMTPException):
            logger.warning("a dormant member could not be written to", exc_info=True)
    return new


def _send(member: Member, rule: Rule) -> None:
    community = Community.objects.first()
    language = member.language or (community.language if community else settings.LANGUAGE_CODE)
    with translation.override(language):
        address = settings.PUBLIC_URL.geturl().rstrip("/")
        context = {"member": member, "community": community, "rule": rule, "address": address}
        send_mail(
            subject=_("Are you still with us?"),
            message=render_to_string("consent/dormant.txt", context),
            from_email=None,
            recipient_list=[member.email],
        )


def _erase(notice: DormancyNotice, now: datetime) -> bool:
    """Each kind by itself, so that one that is interrupted is taken up the next day; the last thing is the mark."""
    for held in holdings():
        if held.fades and held.count(notice.member):
            erasure.erase_kind(member=notice.member, kind=held.key, now=now)
    return bool(DormancyNotice.objects.filter(pk=notice.pk, erased_at=None).update(erased_at=now))
