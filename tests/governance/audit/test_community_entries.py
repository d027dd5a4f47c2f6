"""What happens to the community itself is in the record: founding, invitations, people who join."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from governance.community_kinds import FOUNDED, INVITATION_TAKEN_BACK, INVITED, JOINED
from governance.models import AuditEntry, Member
from governance.services import audit, invitations
from governance.services.audit_story import tell
from governance.services.audit_verification import verify
from governance.services.founding import AlreadyFounded, found_community
from tests.governance.audit.conftest import MOMENT


def _found() -> Member:
    return found_community(
        name="The Weavers", language="en", username="ana", password="a long enough pass phrase", now=MOMENT
    )


def _story(reader: Member) -> list[str]:
    entries = AuditEntry.objects.filter(kind__in=[FOUNDED, INVITED, INVITATION_TAKEN_BACK, JOINED])
    return [told.sentence.replace("\u2068", "").replace("\u2069", "") for told in tell(entries, reader=reader)]


@pytest.mark.django_db
def test_the_record_begins_with_the_founding() -> None:
    ana = _found()
    assert _story(ana) == ["ana founded the community “The Weavers”."]
    assert "Weavers" not in AuditEntry.objects.get(kind=FOUNDED).leaf
    with pytest.raises(AlreadyFounded):
        _found()
    assert AuditEntry.objects.filter(kind=FOUNDED).count() == 1
    assert verify().holds


@pytest.mark.django_db
def test_invitations_and_who_came_through_them_are_told(make_member: Callable[..., Member]) -> None:
    ana = _found()
    issued = invitations.issue(by=ana, days=7, max_uses=2, note="for the looms", now=MOMENT)
    ben = make_member("ben")
    invitations.accept(secret=issued.secret, member=ben, now=MOMENT)
    for _ in range(2):
        invitations.revoke(invitation_id=issued.invitation.pk, by=ana, now=MOMENT + timedelta(days=1))
    assert _story(ben)[1:] == [
        "ana made an invitation for 2 people.",
        "ben joined the community, invited by ana.",
        "ana took an invitation back.",
    ]
    entry = AuditEntry.objects.get(kind=INVITED)
    assert not audit.may_read_private(entry, ben)
    (to_ana,) = tell([entry], reader=ana)
    assert to_ana.private == {"note": "for the looms"}
    assert verify().holds


@pytest.mark.django_db
def test_what_did_not_happen_is_not_told(make_member: Callable[..., Member]) -> None:
    ana = _found()
    issued = invitations.issue(by=ana, days=7, max_uses=1, note="", now=MOMENT)
    invitations.accept(secret=issued.secret, member=make_member("ben"), now=MOMENT)
    with pytest.raises(invitations.NotUsable):
        invitations.accept(secret=issued.secret, member=make_member("cleo"), now=MOMENT)
    with pytest.raises(invitations.MayNotInvite):
        invitations.issue(by=Member.objects.get(username="ben"), days=7, max_uses=1, note="", now=MOMENT)
    assert [AuditEntry.objects.filter(kind=kind).count() for kind in (INVITED, JOINED)] == [1, 1]
