"""A member's sign-ins: those that were, and the browsers in which they are signed in now.

A session itself carries the hour and the kind of browser it began with, so that no table leads from a person to their
sessions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from consent.access import in_service, own
from consent.models import SignIn
from governance.models import Member
from governance.services.departures import sign_ins_of

NOTED = "signed_in"


@dataclass(frozen=True)
class OpenSession:
    """A browser in which a member is signed in. `handle` names it on the page and opens nothing; `hour` is None for a
    session from before sign-ins were noted."""

    handle: str
    browser: str
    hour: datetime | None
    ends_at: datetime
    here: bool


def note(*, session: SessionBase, member_id: int, browser: str, now: datetime) -> SignIn:
    """Write down that a member signed in with this session."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    session[NOTED] = {"hour": hour.isoformat(), "browser": browser}
    row, _new = in_service(SignIn).get_or_create(member_id=member_id, hour=hour, browser=browser)
    return row


def past(*, member: Member) -> QuerySet[SignIn]:
    """The member's sign-ins, the newest first."""
    return own(SignIn, member=member)


def open_sessions(*, member: Member, here: str | None, now: datetime) -> list[OpenSession]:
    """Where the member is signed in, this browser first (`here` is its session's key), then the newest."""
    found = [_seen(session, here) for session in sign_ins_of(member.pk, moment=now)]
    return sorted(found, key=lambda one: (one.here, one.ends_at), reverse=True)


def end_one(*, member: Member, handle: str, here: str | None, now: datetime) -> int:
    """Sign the member out in one other browser; 0 when it is signed out there already."""
    return _end(
        session
        for session in sign_ins_of(member.pk, moment=now)
        if _handle(session.session_key) == handle and session.session_key != here
    )


def end_others(*, member: Member, here: str | None, now: datetime) -> int:
    """Sign the member out everywhere but here; returns in how many browsers."""
    return _end(session for session in sign_ins_of(member.pk, moment=now) if session.session_key != here)


def _end(sessions: Iterable[Session]) -> int:
    """Their pages close by themselves: the chat's sockets look after their sessions (inference.live.session_watch)."""
    return int(Session.objects.filter(pk__in=[session.pk for session in sessions]).delete()[0])


def _seen(session: Session, here: str | None) -> OpenSession:
    noted: dict[str, Any] = session.get_decoded().get(NOTED) or {}
    return OpenSession(
        handle=_handle(session.session_key),
        browser=str(noted.get("browser", "")),
        hour=datetime.fromisoformat(noted["hour"]) if "hour" in noted else None,
        ends_at=session.expire_date,
        here=session.session_key == here,
    )


def _handle(session_key: str) -> str:
    """A session's key has 165 random bits, so a plain hash leads nowhere back."""
    return hashlib.sha256(b"sign-in\0" + session_key.encode()).hexdigest()[:32]
