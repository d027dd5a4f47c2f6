"""Founding the community: once, in one transaction, with its first member, its roles and what other rooms add."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.db import IntegrityError, transaction

from community_ai.core.keystore import KeyStoreError
from governance.community_kinds import FOUNDED
from governance.models import Community, Member, Role
from governance.services import appointments, audit, roles


class FoundingStep(Protocol):
    def __call__(self, *, community: Community, founder: Member, now: datetime) -> None: ...


class AlreadyFounded(Exception):
    """This node belongs to a community already."""


_steps: list[FoundingStep] = []


def register_founding_step(step: FoundingStep) -> FoundingStep:
    """Have `step` called inside the founding transaction; what it raises undoes the founding."""
    if step not in _steps:
        _steps.append(step)
    return step


def found_community(*, name: str, language: str, username: str, password: str, now: datetime) -> Member:
    """Found the community and return its first member, who holds the roles of administrator and member.

    Raises AlreadyFounded. Of two foundings at once one wins: the community's row can exist only once.
    """
    try:
        with transaction.atomic():
            community = Community.objects.create(name=name, language=language, founded_at=now)
            roles.create_first_roles()
            founder = Member.objects.create_user(username, password, language=language)
            for role in (roles.ADMIN, roles.MEMBER):
                appointments.appoint(member=founder, role=Role.objects.get(key=role), now=now)
            for step in _steps:
                step(community=community, founder=founder, now=now)
            audit.record(
                kind=FOUNDED,
                actor=founder,
                subject="community",
                facts={"language": language},
                private={"name": name},
                now=now,
            )
    except IntegrityError:
        if is_founded():
            raise AlreadyFounded from None
        raise
    return founder


def is_founded() -> bool:
    """Whether this node belongs to a community."""
    return Community.objects.exists()


def setup_key() -> str:
    """The key that lets another computer's browser found the community; `manage.py up` prints it."""
    if isinstance(settings.NODE_KEY, KeyStoreError):
        raise settings.NODE_KEY
    return settings.NODE_KEY.derive("first-run").hex()[:20]


def is_setup_key(text: str) -> bool:
    """Whether `text` is the set-up key, compared in constant time."""
    return hmac.compare_digest(text.strip().lower().encode(errors="replace"), setup_key().encode())
