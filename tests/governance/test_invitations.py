from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from community_ai.core.clock import now
from governance.models import Invitation, Member
from governance.services import invitations
from governance.services.invitations import Why

pytestmark = pytest.mark.django_db


def issue(by: Member, **changes: Any) -> invitations.Issued:
    return invitations.issue(**{"by": by, "days": 7, "max_uses": 2, "note": "", "now": now(), **changes})


def test_the_secret_is_not_kept(founder: Member) -> None:
    issued = issue(founder)
    assert len(issued.secret) >= 24
    assert issued.secret not in str(Invitation.objects.values().get())
    assert issued.secret not in repr(issued)


def test_only_a_role_that_may_invite_issues(ana: Member) -> None:
    with pytest.raises(invitations.MayNotInvite):
        issue(ana)


@pytest.mark.parametrize("changes", [{"days": 0}, {"days": 91}, {"max_uses": 0}, {"max_uses": 101}])
def test_bounds(founder: Member, changes: dict) -> None:
    with pytest.raises(invitations.OutOfRange):
        issue(founder, **changes)


def test_a_member_has_not_too_many_open_links(founder: Member) -> None:
    for _ in range(invitations.MOST_OPEN):
        last = issue(founder)
    with pytest.raises(invitations.TooManyOpen):
        issue(founder)
    invitations.revoke(invitation_id=last.invitation.pk, by=founder, now=now())
    issue(founder)


def test_places_are_counted(founder: Member, make_member: Callable[..., Member]) -> None:
    secret = issue(founder).secret
    for name in ("Ana", "Ben"):
        member = make_member(name)
        invitations.accept(secret=secret, member=member, now=now())
        assert [str(appointment.role) for appointment in member.appointments.all()] == ["Member"]
    with pytest.raises(invitations.NotUsable) as refusal:
        invitations.accept(secret=secret, member=make_member("Cem"), now=now())
    assert refusal.value.why is Why.USED_UP


def test_reasons(founder: Member, make_member: Callable[..., Member]) -> None:
    moment = now()
    ended, taken_back = issue(founder, days=1), issue(founder)
    invitations.revoke(invitation_id=taken_back.invitation.pk, by=founder, now=moment)
    late = moment + timedelta(days=1, seconds=1)
    for secret, at, why in (
        ("nonsense", moment, Why.UNKNOWN),
        ("", moment, Why.UNKNOWN),
        (ended.secret, late, Why.ENDED),
        (taken_back.secret, moment, Why.TAKEN_BACK),
    ):
        assert invitations.why_unusable(secret=secret, now=at) is why
        with pytest.raises(invitations.NotUsable) as refusal:
            invitations.accept(secret=secret, member=founder, now=at)
        assert refusal.value.why is why
    assert invitations.why_unusable(secret=ended.secret, now=moment) is None


def test_taking_back_is_for_the_issuer_and_moderators(founder: Member, ana: Member) -> None:
    issued = issue(founder)
    with pytest.raises(invitations.NotUsable):
        invitations.revoke(invitation_id=issued.invitation.pk, by=ana, now=now())
    invitations.revoke(invitation_id=issued.invitation.pk, by=founder, now=now())
    first = Invitation.objects.get(pk=issued.invitation.pk).revoked_at
    invitations.revoke(invitation_id=issued.invitation.pk, by=founder, now=now())
    assert Invitation.objects.get(pk=issued.invitation.pk).revoked_at == first


def test_a_moderator_takes_back_what_another_issued(founder: Member, ana: Member) -> None:
    issued = issue(founder)
    Invitation.objects.update(issued_by=ana)
    invitations.revoke(invitation_id=issued.invitation.pk, by=founder, now=now())
    assert Invitation.objects.get(pk=issued.invitation.pk).revoked_at
