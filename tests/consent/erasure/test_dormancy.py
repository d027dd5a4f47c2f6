"""Members who stay away: nobody is asked before the community decides it, and what they taught is never touched."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from consent.models import DormancyNotice
from consent.services import dormancy, ledger
from consent.services.dormancy import Rule
from governance.models import Member, ProposalVersion, Suspension
from inference.models import Conversation
from knowledge.models import Entry
from tests.append_only import triggers_lifted
from tests.consent.erasure.conftest import DAY, Markers, talk, teach
from tests.knowledge.conftest import decide

pytestmark = pytest.mark.django_db(transaction=True)


def later(days: int) -> datetime:
    return DAY + timedelta(days=days)


@pytest.fixture
def ruled(people: dict[str, Member]) -> dict[str, Member]:
    decide(dormancy.DORMANCY, {"quiet_days": 100, "asked_days": 30}, by=people["rosa"], now=DAY)
    Member.objects.filter(username__in=["rosa", "bela"]).update(last_login=later(365))
    return people


def test_without_a_decision_nothing_happens(people: dict[str, Member], mark: Markers) -> None:
    talk(people["ana"], mark, conversations=1, messages=2)
    assert dormancy.in_force() == Rule()
    assert dormancy.look_after(now=later(5000)) == (0, 0)
    assert Conversation.objects.exists() and not DormancyNotice.objects.exists()


def test_who_stays_away_is_asked_and_then_only_their_talk_goes(
    ruled: dict[str, Member], mark: Markers, settings: Any
) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    ana = ruled["ana"]
    Member.objects.filter(pk=ana.pk).update(email="ana@example.org", last_login=DAY)
    talk(ana, mark, conversations=2, messages=4)
    teach(ana, mark, count=1)
    assert dormancy.look_after(now=later(99)) == (0, 0)
    assert dormancy.look_after(now=later(100)) == (1, 0)
    (letter,) = mail.outbox
    assert letter.to == ["ana@example.org"] and "30 days" in letter.body
    assert dormancy.look_after(now=later(101)) == (0, 0)
    assert dormancy.look_after(now=later(130)) == (0, 1)
    assert not Conversation.objects.exists()
    assert Entry.objects.filter(author=ana).count() == 1
    assert Member.objects.get(pk=ana.pk).is_active
    assert dormancy.look_after(now=later(131)) == (0, 0)
    assert [line.facts["kinds"] for line in ledger.verified()] == [["conversations"]]


def test_who_comes_back_keeps_everything(ruled: dict[str, Member], mark: Markers) -> None:
    ana = ruled["ana"]
    talk(ana, mark, conversations=1, messages=2)
    assert dormancy.look_after(now=later(100)) == (1, 0)
    Member.objects.filter(pk=ana.pk).update(last_login=later(110))
    assert dormancy.look_after(now=later(130)) == (0, 0)
    assert Conversation.objects.count() == 1 and not DormancyNotice.objects.exists()


def test_a_suspended_member_is_not_dormant(ruled: dict[str, Member]) -> None:
    ana = ruled["ana"]
    Suspension.objects.create(member=ana, began_at=DAY, until=later(300), emergency=False)
    Member.objects.filter(pk=ana.pk).update(is_active=False)
    assert dormancy.look_after(now=later(200)) == (0, 0)


def test_a_bent_decision_is_no_rule(ruled: dict[str, Member]) -> None:
    assert dormancy.in_force() == Rule(100, 30)
    with triggers_lifted():
        ProposalVersion.objects.update(payload={"quiet_days": 90, "asked_days": 30})
    assert dormancy.in_force() == Rule()
