"""What comes of a demonstration is as genuine as in any community."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from community_ai.core.doctor import Health
from consent.purposes import Purpose
from consent.services import grants
from governance.models import Ballot, Comment, Decision, Member, Outcome, Proposal, ProposalState, SecretBallot
from governance.permissions import Permission
from governance.services import decisions
from governance.services.appointments import role_keys_of
from governance.services.audit_verification import verify
from inference.services import behaviour
from knowledge import access
from knowledge.checks import check_demonstration
from knowledge.models import Entry, EntryState, EntryVersion, Passage, SetQuestion, Thanks
from knowledge.rules_of_use import Use
from knowledge.services import question_set
from knowledge.services.demonstration import NotEmpty, perform
from knowledge.services.labels import label_in_force
from tests.knowledge.demo.conftest import TODAY, Performed

pytestmark = pytest.mark.django_db
SUMMER = datetime(2027, 6, 1, 12, tzinfo=UTC)


def entry(performed: Performed, key: str) -> Entry:
    (piece,) = [piece for piece in performed.script.pieces if piece.key == key]
    return Entry.objects.get(title=piece.content.title)


def sees(member: Member, row: Entry, *, now: datetime = TODAY, use: Use = Use.SEE) -> bool:
    return access.usable(Entry, member=member, use=use, now=now).filter(pk=row.pk).exists()


def plain(performed: Performed) -> list[Member]:
    return [member for member in Member.objects.all() if role_keys_of(member) == {"member"}]


def test_everything_of_the_script_is_there(performed: Performed) -> None:
    script = performed.script
    assert performed.community.name == script.name
    assert Member.objects.filter(is_active=True).count() == len(script.people)
    assert Entry.objects.filter(state=EntryState.PUBLISHED).count() == len(script.pieces)
    assert EntryVersion.objects.count() == len(script.pieces) + sum(len(p.rewordings) for p in script.pieces)
    assert Passage.objects.values("entry").distinct().count() == len(script.pieces)
    assert Comment.objects.count() == sum(len(motion.remarks) for motion in script.motions)
    assert SetQuestion.objects.in_use().count() == len(script.asked)
    for piece in script.pieces:
        row = entry(performed, piece.key)
        assert row.author == performed.person(piece.by)
        assert {tag.name for tag in row.tags.all()} == set(piece.themes)
        assert {version.label.key for version in access.labels_on([row.pk])[row.pk] if version} == set(piece.labels)
        assert {entry(performed, key).pk for key in piece.related} <= set(row.related.values_list("pk", flat=True))


def test_it_happened_in_the_past_and_in_order(performed: Performed) -> None:
    began = performed.community.founded_at
    assert TODAY - timedelta(days=performed.script.days + 1) < began < TODAY - timedelta(days=performed.script.days - 1)
    assert all(began <= row.date_joined < began + timedelta(days=30) for row in Member.objects.all())
    assert all(began < row.created_at < TODAY for row in Entry.objects.all())
    moments = list(Decision.objects.order_by("pk").values_list("decided_at", flat=True))
    assert moments == sorted(moments)
    assert moments[-1] < TODAY
    assert all(given < TODAY for given in Thanks.objects.values_list("given_at", flat=True))


def test_the_record_holds(performed: Performed) -> None:
    result = verify()
    assert result.holds, result.fault
    assert result.count > 400


def test_every_decision_is_genuine_and_came_as_it_should(performed: Performed) -> None:
    rows = list(Decision.objects.all())
    assert all(decisions.is_genuine(row) for row in rows)
    voted = [row for row in rows if row.proposal_id]
    assert len(voted) == len(performed.script.motions) - 1
    assert {str(row.outcome) for row in voted} == {"carried_out", "rejected"}
    assert Ballot.objects.count() + SecretBallot.objects.count() > 60
    assert all(row.eligible == row.proposal.eligibilities.count() > 10 for row in voted if row.proposal)
    assert behaviour.in_force().decision.proposal is not None, "the founder's version was confirmed"


def test_one_vote_is_open(performed: Performed) -> None:
    (row,) = Proposal.objects.filter(state=ProposalState.OPEN)
    assert row.accepts_votes(now=TODAY)
    waits = [member for member in Member.objects.all() if Proposal.objects.awaiting(member, now=TODAY).exists()]
    assert 0 < len(waits) < len(performed.script.people), "some have voted, and it waits for the others"


def test_teachers_came_by_vote_and_the_founder_has_no_more_than_a_founder_has(performed: Performed) -> None:
    teachers = [member.username for member in Member.objects.all() if "teacher" in role_keys_of(member)]
    appointed = {
        motion.form.get("successor") or motion.form["member"]
        for motion in performed.script.motions
        if motion.form.get("role") == "teacher" and motion.outcome == "carried_out" and not motion.open
    }
    dismissed = {m.form["member"] for m in performed.script.motions if m.kind == "role-dismiss"}
    assert set(teachers) == appointed - dismissed
    assert role_keys_of(performed.person(performed.script.people[0].username)) == {"admin", "member"}


def test_members_sign_in_with_what_was_printed(performed: Performed) -> None:
    for person in performed.script.people[:3]:
        member = performed.person(person.username)
        assert member.check_password(f"a long enough pass phrase {person.username}")
        assert str(member) == person.name


def test_the_doctor_and_the_record_say_what_it_is(performed: Performed) -> None:
    finding = check_demonstration()
    assert finding.health is Health.WARNING
    assert "demonstration" in finding.sentence


def test_a_founded_node_is_refused(performed: Performed) -> None:
    with pytest.raises(NotEmpty):
        perform(script=performed.script, passwords={}, now=TODAY)


def test_labels_hide_what_they_should(performed: Performed) -> None:
    member, *_ = plain(performed)
    hidden = [piece for piece in performed.script.pieces if {"only-for-elders", "teachers", "books-circle-only",
                                                             "care-circle-only"} & set(piece.labels)]  # fmt: skip
    assert hidden
    for piece in hidden:
        row, author = entry(performed, piece.key), performed.person(piece.by)
        assert not sees(member, row)
        assert not access.visible(Passage, member=member, now=TODAY).filter(entry=row).exists()
        assert sees(author, row)
    for label in {label for piece in performed.script.pieces for label in piece.labels}:
        assert label_in_force(label) is not None
    asked = question_set.askable(member=member, now=TODAY)
    assert asked.count() == len(performed.script.asked), "the set asks about nothing that is hidden"


def test_members_agreed_to_what_they_would(performed: Performed) -> None:
    """The AI can answer from every entry that is for all, some members are not named, and some teach it nothing."""
    for person in performed.script.people:
        assert grants.in_force(member=performed.person(person.username)) == set(person.agrees)
    writers = {piece.by for piece in performed.script.pieces}
    agrees = {person.username: person.agrees for person in performed.script.people}
    assert all(Purpose.KNOWLEDGE in agrees[name] for name in writers)
    assert any(Purpose.CREDIT not in agrees[name] for name in writers)
    assert any(Purpose.TRAINING not in agrees[name] for name in writers)


@pytest.mark.parametrize("performed", ["language"], indirect=True)
def test_the_language_keeps_its_winter_stories_and_its_elders(performed: Performed) -> None:
    member = performed.person("keshu")
    story, kept, spoken = (entry(performed, key) for key in ("story-bear", "elders-names", "grief-words"))
    assert sees(member, story)
    assert not sees(member, story, now=SUMMER)
    assert not sees(member, kept)
    assert sees(performed.person("dakel"), kept)
    assert sees(performed.person("dakel"), kept, use=Use.QUOTE)
    assert not access.usable(Entry, member=None, use=Use.LEARN, now=TODAY).filter(pk__in=[story.pk, kept.pk]).exists()
    assert sees(member, spoken)
    assert not sees(member, spoken, use=Use.QUOTE)
    rejected = Decision.objects.get(kind="label-change")
    assert rejected.outcome == Outcome.REJECTED


def test_nobody_has_rights_that_nobody_gave(performed: Performed) -> None:
    for member in plain(performed):
        assert not any(member.may(permission) for permission in Permission)
