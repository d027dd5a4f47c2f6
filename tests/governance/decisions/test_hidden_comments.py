"""Moderators hide what hurts somebody: its author and they still read it, the others read why, and the record who."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from governance.models import AuditEntry, Comment, Member, Proposal
from governance.moderating import hidden_comments
from governance.services import comments
from governance.services.audit_story import tell
from governance.services.comments import MayNotHide, NothingToDo
from governance.services.proposals import withdraw
from governance.wording import BadWording
from tests.governance.decisions.conftest import draft_appointment, later
from tests.governance.page import assert_sound, read

pytestmark = pytest.mark.usefixtures("an_hour_after_noon")
HURTS = "She is a liar, and so is her mother."
REASON = "It insults a <member>."


@pytest.fixture
def proposal(members: list[Member]) -> Proposal:
    return draft_appointment(members[1], members[2])


@pytest.fixture
def hurting(members: list[Member], proposal: Proposal) -> Comment:
    """What the fourth member wrote; the first is a moderator."""
    return comments.contribute(author=members[3], proposal_id=proposal.pk, text=HURTS, now=later(hours=1))


def page_of(client, proposal: Proposal) -> str:
    response = client.get(reverse("governance:proposal", args=[proposal.pk]))
    assert_sound(response)
    return response.content.decode()


def test_a_moderator_hides_it_and_shows_it_again(members, proposal, hurting, browser_of) -> None:
    moderator = browser_of(members[0])
    address = reverse("governance:comment_hide", args=[hurting.pk])
    assert f'href="{address}"' in page_of(moderator, proposal)
    assert_sound(form := moderator.get(address))
    assert HURTS in form.content.decode()
    response = moderator.post(address, {"reason": REASON})
    assert response["Location"] == f"{reverse('governance:proposal', args=[proposal.pk])}#comment-{hurting.pk}"
    told = "Hidden by a moderator: <bdi>It insults a &lt;member&gt;.</bdi>"
    for number, reads in enumerate([True, False, False, True, False]):
        page = page_of(browser_of(members[number]), proposal)
        assert told in page
        assert (HURTS in page) is reads, f"member {number + 1}"
        assert ("Only its author and moderators can read it" in page) is reads
    moderator.post(reverse("governance:comment_show", args=[hurting.pk]))
    for member in members:
        page = page_of(browser_of(member), proposal)
        assert HURTS in page
        assert "Hidden by a moderator" not in page


def test_only_moderators_are_offered_it(members, proposal, hurting, browser_of) -> None:
    assert "/hide/" not in page_of(browser_of(members[3]), proposal)
    with pytest.raises(MayNotHide):
        comments.hide(by=members[1], comment_id=hurting.pk, reason=REASON, now=later(hours=1))
    comments.hide(by=members[0], comment_id=hurting.pk, reason=REASON, now=later(hours=1))
    with pytest.raises(MayNotHide):
        comments.show_again(by=members[3], comment_id=hurting.pk, now=later(hours=1))
    assert "/show/" not in page_of(browser_of(members[3]), proposal)


def test_the_record_says_who_and_why(members, hurting) -> None:
    comments.hide(by=members[0], comment_id=hurting.pk, reason=REASON, now=later(hours=1))
    comments.show_again(by=members[0], comment_id=hurting.pk, now=later(hours=2))
    hidden, shown = tell(AuditEntry.objects.filter(kind__startswith="comment."), reader=members[4])
    plain = hidden.sentence.replace("\u2068", "").replace("\u2069", "")
    assert plain == (
        f"Member 1 hid a contribution of Member 4 to the discussion of proposal {hurting.proposal_id}: {REASON}"
    )
    assert "let everyone read a contribution of" in shown.sentence
    assert HURTS not in str([entry.leaf for entry in AuditEntry.objects.all()])
    assert REASON not in str([entry.leaf for entry in AuditEntry.objects.all()]), "words can be erased"


def test_it_can_be_hidden_after_the_end_too(members, proposal, hurting) -> None:
    withdraw(author=members[1], proposal_id=proposal.pk, now=later(hours=1))
    comments.hide(by=members[0], comment_id=hurting.pk, reason=REASON, now=later(hours=2))
    hurting.refresh_from_db()
    assert hurting.hidden_by == members[0]
    (item,) = hidden_comments(later(hours=3))
    assert (item.title, item.detail) == ("Member 4", REASON)


def test_of_two_moderators_one_hides_it(members, hurting, browser_of) -> None:
    comments.hide(by=members[0], comment_id=hurting.pk, reason=REASON, now=later(hours=1))
    with pytest.raises(NothingToDo):
        comments.hide(by=members[0], comment_id=hurting.pk, reason="Another reason.", now=later(hours=1))
    hurting.refresh_from_db()
    assert hurting.hidden_reason == REASON
    late = browser_of(members[0]).post(reverse("governance:comment_hide", args=[hurting.pk]), {"reason": "Mine."})
    assert late.status_code == 409
    assert "is hidden already" in late.content.decode()
    assert AuditEntry.objects.filter(kind="comment.hidden").count() == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301, "a\x00b"])
def test_without_a_good_reason_nothing_is_hidden(reason: str, members, hurting, browser_of) -> None:
    response = browser_of(members[0]).post(reverse("governance:comment_hide", args=[hurting.pk]), {"reason": reason})
    assert response.status_code == 422
    assert read(response).refused == []
    with pytest.raises(BadWording):
        comments.hide(by=members[0], comment_id=hurting.pk, reason=reason, now=later(hours=1))
    hurting.refresh_from_db()
    assert hurting.hidden_at is None


def test_the_database_wants_a_reason_too(hurting) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.update(hidden_at=later(hours=1))
