"""Suspending members: in an emergency at once, otherwise as a decision; and how suspensions end."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from governance import wording
from governance.models import Decision, Member, Suspension, SuspensionEnd
from governance.permissions import Permission
from governance.refusals import Refused
from governance.services import audit
from governance.services.proposals import open_at_once

RATIFICATION = "suspension-ratify"
EMERGENCY_HOURS = 72
# Who suspended somebody without the community's yes cannot do it again and again.
PAUSE_AFTER_UNCONFIRMED = timedelta(days=30)
MAX_DAYS = 365


class MayNotSuspend(Refused):
    def __init__(self) -> None:
        super().__init__(_("Your roles do not let you suspend a member in an emergency."))


class CannotSuspend(Refused):
    """This member cannot be suspended now; the sentence says why."""


def suspend_in_emergency(*, by: Member, member_id: int, days: int, reason: str, now: datetime) -> Suspension:
    """Suspend a member at once and ask the community to confirm it for `days` days; it lapses after 72 hours without.

    Raises MayNotSuspend, CannotSuspend, BadWording, InvalidPayload or Unopenable; then nothing changed.
    """
    if not by.may(Permission.SUSPEND):
        raise MayNotSuspend
    reason = wording.paragraphs(reason, field="reason")
    with transaction.atomic():
        member = Member.objects.select_for_update().filter(pk=member_id, is_active=True).first()
        if member is None:
            raise CannotSuspend(_("This member is not with us any more, or cannot act now."))
        if member.pk == by.pk:
            raise CannotSuspend(_("You cannot suspend yourself."))
        unconfirmed = Suspension.objects.filter(
            member=member,
            emergency=True,
            end__in=[SuspensionEnd.LAPSED, SuspensionEnd.REJECTED],
            ended_at__gt=now - PAUSE_AFTER_UNCONFIRMED,
        )
        if unconfirmed.exists():
            raise CannotSuspend(
                _(
                    "The community did not confirm the last emergency suspension of this member. "
                    "For 30 days only a vote can suspend them."
                )
            )
        suspension = _begin(member, until=now + timedelta(hours=EMERGENCY_HOURS), by=by, decision=None, now=now)
        open_at_once(
            author=by,
            kind=RATIFICATION,
            title=str(_("Confirm the emergency suspension of %(name)s") % {"name": member})[:120],
            reason=reason,
            payload={"suspension": suspension.pk, "member": member.pk, "days": days},
            closes_by=suspension.until,
            now=now,
        )
        audit.record(
            kind="suspension.begun",
            actor=by,
            subject=f"suspension:{suspension.pk}",
            facts={"member": audit.pseudonym(member), "until": suspension.until.isoformat()},
            private={"reason": reason},
            now=now,
        )
    return suspension


def is_suspended(member: Member) -> bool:
    """Whether a suspension, and nothing else, keeps this member out now."""
    return not member.is_active and Suspension.objects.running().filter(member=member).exists()


def signed_in_though_suspended(request: HttpRequest) -> Member | None:
    """The suspended member whose sign-in this browser holds; None for everybody else. Checked as Django checks it."""
    session = request.session
    key, known = session.get(SESSION_KEY), session.get(HASH_SESSION_KEY)
    if not key or not known or session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    member = Member.objects.filter(pk=key, is_active=False).first()
    if member is None or not constant_time_compare(known, member.get_session_auth_hash()):
        return None
    return member if is_suspended(member) else None


def suspend_by_decision(*, member: Member, days: int, decision: Decision, now: datetime) -> Suspension:
    return _begin(member, until=now + timedelta(days=days), by=None, decision=decision, now=now)


def confirm(*, suspension_id: int, days: int, decision: Decision, now: datetime) -> bool:
    """Let a running emergency suspension last `days` days from its beginning; False when it is over."""
    suspension = Suspension.objects.running().filter(pk=suspension_id).first()
    if suspension is None:
        return False
    until = suspension.began_at + timedelta(days=days)
    return bool(Suspension.objects.running().filter(pk=suspension_id).update(until=until, decision=decision))


def end(*, suspension: Suspension, why: SuspensionEnd, now: datetime) -> bool:
    """End a running suspension and let its member in again; False when somebody else ended it first."""
    with transaction.atomic():
        if not Suspension.objects.running().filter(pk=suspension.pk).update(ended_at=now, end=why):
            return False
        Member.objects.filter(pk=suspension.member_id).update(is_active=True)
        audit.record(
            kind="suspension.ended",
            actor=None,
            subject=f"suspension:{suspension.pk}",
            facts={"member": audit.pseudonym(suspension.member), "why": str(why)},
            now=now,
        )
    return True


def end_due(*, now: datetime) -> int:
    """End every suspension whose time is over; returns how many this call ended."""
    return sum(
        end(
            suspension=suspension,
            why=SuspensionEnd.OVER if suspension.decision_id else SuspensionEnd.LAPSED,
            now=now,
        )
        for suspension in Suspension.objects.due(now=now).select_related("member")
    )


def _begin(
    member: Member, *, until: datetime, by: Member | None, decision: Decision | None, now: datetime
) -> Suspension:
    Member.objects.filter(pk=member.pk).update(is_active=False)
    return Suspension.objects.create(
        member=member, began_at=now, until=until, suspended_by=by, emergency=by is not None, decision=decision
    )
