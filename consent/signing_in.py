"""Every sign-in is noted, as little as helps its member: the hour and the kind of browser."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from consent.browsers import kind_of
from consent.services import sign_ins
from governance.signing_in import on_signed_in


def begin_noting_sign_ins() -> None:
    """Called once, when the apps are ready."""
    on_signed_in(note)


def note(*, request: HttpRequest, member_id: int, now: datetime) -> None:
    browser = kind_of(request.headers.get("User-Agent", ""))
    sign_ins.note(session=request.session, member_id=member_id, browser=browser, now=now)
