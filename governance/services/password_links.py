"""Links that let a member set a new password, for nodes without mail: the operator hands them over in person.

Who holds such a link can sign in as the member, so the record tells of each, to everyone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from governance.community_kinds import LINK_ISSUED
from governance.models import Member
from governance.names import normalise_name
from governance.services import audit


class NoSuchMember(Exception):
    """Nobody active signs in with this name."""


@dataclass(frozen=True)
class PasswordLink:
    """Works once, for `member` only, until `ends_at`."""

    member: Member
    url: str = field(repr=False)
    ends_at: datetime


def issue(*, username: str, now: datetime) -> PasswordLink:
    """A link to allauth's own page for a new password, told in the record. Raises NoSuchMember.

    Django's token ends with the password, the last sign-in or the e-mail address that it was made for, and after
    `settings.PASSWORD_RESET_TIMEOUT` seconds.
    """
    member = Member.objects.filter(username__iexact=normalise_name(username), is_active=True).first()
    if member is None:
        raise NoSuchMember(username)
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(member), "key": default_token_generator.make_token(member)},
    )
    ends_at = now + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    with transaction.atomic():
        name = audit.pseudonym(member)
        # Nobody acts here but whoever sits at the node's computer, and of them the node knows no name.
        audit.record(
            kind=LINK_ISSUED,
            actor=None,
            subject=name,
            facts={"member": name, "until": ends_at.isoformat()},
            now=now,
        )
    return PasswordLink(member=member, url=settings.PUBLIC_URL._replace(path=path).geturl(), ends_at=ends_at)
