"""One e-mail to each member who has not voted, a day before the close."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from governance.models import Member, Proposal, Reminder
from governance.services import ballots
from governance.services.reminders import send_due
from tests.governance.decisions.conftest import closes, later, opened

DAY_BEFORE = {"days": 4, "minutes": 1}


@pytest.fixture
def proposal(members: list[Member], settings: Any) -> Proposal:
    """An open vote, members with addresses (the last one without), a node with mail."""
    settings.EMAIL_HOST = "mail.example"
    for member in members[:4]:
        member.email = f"{member.username}@example.org"
        member.save()
    members[3].language, members[3].time_zone = "ar", "Asia/Beirut"
    members[3].save()
    return opened(members[1], members[2], title="Appoint\tMember 3  as a teacher")


def test_who_has_not_voted_gets_one_message_a_day_before(proposal: Proposal, members: list[Member]) -> None:
    ballots.cast(member=members[0], proposal_id=proposal.pk, choice="yes", version=1, now=later(hours=1))
    assert send_due(now=later(days=3, hours=23)) == 0
    assert send_due(now=later(**DAY_BEFORE)) == 3
    assert send_due(now=later(**DAY_BEFORE)) == 0, "a second job finds it done"
    assert {to for message in mail.outbox for to in message.to} == {m.email for m in members[1:4]}
    message = mail.outbox[0]
    assert message.subject == "A vote closes soon: Appoint Member 3 as a teacher"
    assert f"http://localhost:8000/decisions/{proposal.pk}/" in message.body
    assert "noon" in message.body
    assert send_due(now=closes(proposal) + timedelta(minutes=1)) == 0


def test_a_secret_vote_reminds_who_has_not_taken_part(proposal: Proposal, members: list[Member]) -> None:
    secret = opened(members[1], members[4], kind="member-suspend", payload={"member": members[4].pk, "days": 3})
    ballots.cast(member=members[0], proposal_id=secret.pk, choice="no", version=1, now=later(hours=1))
    send_due(now=later(**DAY_BEFORE))
    assert not Reminder.objects.filter(proposal=secret, member=members[0]).exists()
    assert Reminder.objects.filter(proposal=secret).count() == 3


def test_a_deadline_in_the_members_time_zone(proposal: Proposal, members: list[Member]) -> None:
    send_due(now=later(**DAY_BEFORE))
    (body,) = [message.body for message in mail.outbox if message.to == [members[3].email]]
    assert "Asia/Beirut" in body


def test_a_node_without_mail_sends_nothing(proposal: Proposal, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    assert send_due(now=later(**DAY_BEFORE)) == 0
    assert not Reminder.objects.exists()


class Refusing(EmailBackend):
    """A mail server that does not answer."""

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError


def test_a_mail_server_that_refuses_gets_it_again(proposal: Proposal, settings: Any) -> None:
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{Refusing.__module__}.Refusing"
    assert send_due(now=later(**DAY_BEFORE)) == 0
    assert not Reminder.objects.exists()
    settings.EMAIL_BACKEND = working
    assert send_due(now=later(**DAY_BEFORE)) == 4
