"""Nobody can join a secret ballot with its voter, by key, order, place, length or time, with the database in hand."""

from __future__ import annotations

import random
import shutil
import sqlite3
import uuid
from itertools import pairwise
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from hypothesis import given
from hypothesis import strategies as st

from governance import ballot_box
from governance.ballot_box import BoxFull, BoxUnreadable, NoSuchBallot
from governance.counting import Choice
from governance.models import (
    AuditEntry,
    AuditPrivate,
    BallotBox,
    Decision,
    Member,
    Participation,
    Proposal,
    SecretBallot,
)
from governance.services import ballots, closing, proposals
from governance.services.ballot_keys import BoxKeyMissing, create_box_key, destroy_orphaned_keys, load_box_key
from tests.database_file import content_of
from tests.governance.decisions.conftest import NOON, closes, later, make_community, opened

KEY = b"k" * 32
BOX = uuid.UUID(int=7)


# --- The box itself -----------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(Choice), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_what_goes_in_comes_out_and_can_be_changed(choices: list[Choice], shuffler: random.Random) -> None:
    sealed = ballot_box.empty_box(key=KEY, box=BOX, eligible=len(choices))
    size = len(sealed)
    codes = [ballot_box.new_code() for _ in choices]
    for member, (code, choice) in enumerate(zip(codes, choices, strict=True)):
        tag = ballot_box.tag_of(code=code, box=BOX, member_id=member)
        sealed = ballot_box.put(sealed, key=KEY, box=BOX, tag=tag, choice=choice)
        assert len(sealed) == size, "the length says nothing"
    assert sorted(ballot_box.choices_in(sealed, key=KEY, box=BOX)) == sorted(choices)
    tag = ballot_box.tag_of(code=codes[0], box=BOX, member_id=0)
    changed = ballot_box.replace(sealed, key=KEY, box=BOX, tag=tag, choice=Choice.ABSTAIN)
    assert sorted(ballot_box.choices_in(changed, key=KEY, box=BOX)) == sorted([Choice.ABSTAIN, *choices[1:]])
    with pytest.raises(BoxFull):
        ballot_box.put(sealed, key=KEY, box=BOX, tag=b"t" * 32, choice=Choice.YES)


def test_a_code_works_for_its_member_and_its_box_alone() -> None:
    code = ballot_box.new_code()
    tags = {
        ballot_box.tag_of(code=code, box=box, member_id=member)
        for box in (BOX, uuid.UUID(int=8))
        for member in (1, 2, 12)
    }
    assert len(tags) == 6
    sealed = ballot_box.empty_box(key=KEY, box=BOX, eligible=2)
    with pytest.raises(NoSuchBallot):
        ballot_box.replace(
            sealed, key=KEY, box=BOX, tag=ballot_box.tag_of(code=code, box=BOX, member_id=1), choice=Choice.YES
        )


@pytest.mark.parametrize("text", ["", " ", "AAAA", "0000-0000-0000-0000", "A" * 17, "AAAA-BBBB-CCCC-DDD\u00c9"])
def test_what_is_no_code_never_becomes_a_key(text: str) -> None:
    assert ballot_box.read_code(text) == ""
    with pytest.raises(ValueError, match="not a code"):
        ballot_box.tag_of(code=ballot_box.read_code(text), box=BOX, member_id=1)


def test_another_key_another_box_and_a_damaged_one_do_not_open() -> None:
    sealed = ballot_box.empty_box(key=KEY, box=BOX, eligible=3)
    for key, box, value in (
        (b"x" * 32, BOX, sealed),
        (KEY, uuid.UUID(int=8), sealed),
        (KEY, BOX, sealed[:-1]),
        (KEY, BOX, sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (KEY, BOX, b""),
    ):
        with pytest.raises(BoxUnreadable):
            ballot_box.choices_in(value, key=key, box=box)


# --- A whole vote, with the database in hand ----------------------------------------------------------------------


def secret_vote(members: list[Member]) -> Proposal:
    return opened(members[1], members[-1], kind="member-suspend", payload={"member": members[-1].pk, "days": 7})


def vote(proposal: Proposal, member: Member, choice: str, code: str = "", **delta: float) -> str:
    now = later(**(delta or {"hours": 1}))
    return ballots.cast(member=member, proposal_id=proposal.pk, choice=choice, version=1, code=code, now=now).code


def rows_of(model: type[models.Model]) -> list[dict[str, object]]:
    return list(model.objects.values())  # type: ignore[attr-defined]


def test_the_tables_share_neither_key_nor_time(members: list[Member]) -> None:
    proposal = secret_vote(members)
    for number, member in enumerate(members):
        vote(proposal, member, "yes" if number % 2 else "no", minutes=number)
    closing.close_due(now=closes(proposal))
    ballot_fields = {field.name for field in SecretBallot._meta.get_fields()}
    assert ballot_fields == {"id", "proposal", "choice"}
    assert not any(isinstance(field, models.DateTimeField) for model in (SecretBallot, Participation, BallotBox)
                   for field in model._meta.concrete_fields)  # fmt: skip
    values = {value for row in rows_of(SecretBallot) for name, value in row.items() if name == "id"}
    for model in apps.get_models():
        if model is not SecretBallot:
            for row in rows_of(model):
                assert not values & {value for value in row.values() if isinstance(value, uuid.UUID)}


def test_no_other_table_says_how_somebody_voted(members: list[Member]) -> None:
    """The record, the history of rows, the sessions: the word of the choice stands in none of their new rows."""
    proposal = secret_vote(members)
    before = AuditEntry.objects.count()
    vote(proposal, members[0], "abstain")
    assert AuditEntry.objects.count() == before, "a secret vote leaves no entry with a time"
    for model in apps.get_models():
        for row in rows_of(model):
            if model.__name__ not in ("Proposal", "VotingRule", "ProposalVersion"):
                assert "abstain" not in {value for value in row.values() if isinstance(value, str)}, model
    assert not AuditPrivate.objects.filter(payload__contains='"choice"').exists()


def test_an_open_box_does_not_open_without_its_key_and_changes_as_a_whole(members: list[Member]) -> None:
    proposal = secret_vote(members)
    seen = [bytes(BallotBox.objects.get().sealed)]
    for member in members:
        vote(proposal, member, "yes")
        seen.append(bytes(BallotBox.objects.get().sealed))
    assert len({len(sealed) for sealed in seen}) == 1
    for one, next_one in pairwise(seen):
        alike = sum(a == b for a, b in zip(one, next_one, strict=True))
        assert alike < len(one) * 0.1, "no part of the box stays the same between two votes"
    for key in (settings.NODE_KEY.derive("database"), settings.NODE_KEY.secret, b"\0" * 32):  # type: ignore[union-attr]
        with pytest.raises(BoxUnreadable):
            ballot_box.choices_in(seen[-1], key=key, box=proposal.box)


def test_after_the_count_the_key_is_gone_and_old_copies_stay_shut(members: list[Member]) -> None:
    proposal = secret_vote(members)
    vote(proposal, members[0], "yes")
    old_copy = bytes(BallotBox.objects.get().sealed)
    key = load_box_key(proposal.box)
    assert key not in old_copy
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')  # noqa: S608
            assert all(key not in (bytes(value) if isinstance(value, bytes | memoryview) else b"")
                       for row in cursor.fetchall() for value in row)  # fmt: skip
    closing.close_due(now=closes(proposal))
    # on_commit does not run inside a test's transaction; the minute's job does the same.
    destroy_orphaned_keys()
    with pytest.raises(BoxKeyMissing):
        load_box_key(proposal.box)
    assert not any(key in path.read_bytes() for path in settings.HOME.keys.rglob("*") if path.is_file())
    assert not BallotBox.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_key_is_destroyed_with_the_commit_of_the_count() -> None:
    members = make_community(3)
    proposal = secret_vote(members)
    vote(proposal, members[0], "yes")
    closing.close_due(now=closes(proposal))
    with pytest.raises(BoxKeyMissing):
        load_box_key(proposal.box)


def test_order_and_place_of_ballots_tell_nothing(members: list[Member]) -> None:
    """Forty votes, cast in the order of members: first yes, then no. An attacker who pairs the n-th voter with the n-th
    ballot (by rowid, ctid or primary key) is right no more often than by chance."""
    right = total = 0
    for round_ in range(8):
        author = members[round_ % 2]
        proposal = opened(
            author, members[2], kind="member-suspend", payload={"member": members[2 + round_ % 3].pk, "days": 7}
        )
        for number, member in enumerate(members):
            vote(proposal, member, "yes" if number < 3 else "no")
        closing.close(proposal_id=proposal.pk, now=closes(proposal))
        Member.objects.update(is_active=True)
        place = "ctid" if connection.vendor == "postgresql" else "rowid"
        with connection.cursor() as cursor:
            query = f"SELECT choice FROM governance_secretballot WHERE proposal_id = %s ORDER BY {place}"  # noqa: S608
            cursor.execute(query, [proposal.pk])
            in_place = [choice for (choice,) in cursor.fetchall()]
        by_key = list(SecretBallot.objects.filter(proposal=proposal).order_by("pk").values_list("choice", flat=True))
        assert in_place == by_key, "the place of a row is the order of its random key, and nothing else"
        truth = ["yes" if number < 3 else "no" for number in range(len(members))]
        right += sum(guess == fact for guess, fact in zip(in_place, truth, strict=True))
        total += len(members)
    # Chance: 3/5 * 3/5 + 2/5 * 2/5 = 0.52 of the guesses. All right would be an order that tells.
    assert right < total * 0.85


@pytest.mark.skipif(bool(settings.DATABASE_URL), reason="about the pages of the SQLCipher file")
@pytest.mark.django_db(transaction=True)
def test_copies_of_the_file_between_two_votes_tell_nothing(tmp_path: Path) -> None:
    """A reader who decrypts the file and its write-ahead log after each vote sees who took part, and no choice."""
    members = make_community(4)
    proposal = secret_vote(members)
    name = Path(connection.settings_dict["NAME"])
    for number, choice in enumerate(["yes", "no", "abstain"]):
        vote(proposal, members[number], choice)
        for suffix in ("", "-wal"):
            source = Path(f"{name}{suffix}")
            if source.exists():
                (tmp_path / f"{number}{suffix}").write_bytes(content_of(source))
        with connection.cursor() as cursor:
            # What lies in the database in plain words once it is decrypted.
            cursor.execute("SELECT count(*) FROM governance_secretballot")
            assert cursor.fetchone()[0] == 0
            cursor.execute("SELECT count(*) FROM governance_ballot")
            assert cursor.fetchone()[0] == 0
    closing.close_due(now=closes(proposal))
    boxes = []
    for number in range(3):
        reader = open_copy(tmp_path / str(number))
        boxes.append(reader.execute("SELECT sealed FROM governance_ballotbox").fetchone()[0])
        assert reader.execute("SELECT count(*) FROM governance_participation").fetchone()[0] == number + 1
        reader.close()
    assert len(set(boxes)) == 3
    with pytest.raises(BoxKeyMissing):
        load_box_key(proposal.box)


def open_copy(path: Path) -> sqlite3.Connection:
    """A copied file with its log, opened with the node's key as a thief would."""
    from sqlcipher3 import dbapi2

    reader = dbapi2.connect(str(path))
    reader.execute(f"PRAGMA key = \"x'{settings.NODE_KEY.derive('database').hex()}'\"")  # type: ignore[union-attr]
    return reader


def test_a_restored_backup_without_the_key_fails_and_changes_nothing(members: list[Member]) -> None:
    proposal = secret_vote(members)
    for member in members[1:]:
        vote(proposal, member, "yes")
    shutil.rmtree(settings.HOME.keys / "ballot-boxes")
    with pytest.raises(ballots.BoxLost):
        vote(proposal, members[0], "no")
    (decision,) = closing.close_due(now=closes(proposal))
    assert decision.outcome == "failed"
    assert "cannot be opened" in decision.explanation
    assert Member.objects.filter(is_active=False).count() == 0


def test_a_box_that_was_tampered_with_is_not_counted(members: list[Member]) -> None:
    proposal = secret_vote(members)
    for member in members:
        vote(proposal, member, "no")
    key = load_box_key(proposal.box)
    stuffed = ballot_box.empty_box(key=key, box=proposal.box, eligible=9)
    for number in range(9):
        tag = ballot_box.tag_of(code=ballot_box.new_code(), box=proposal.box, member_id=number)
        stuffed = ballot_box.put(stuffed, key=key, box=proposal.box, tag=tag, choice=Choice.YES)
    BallotBox.objects.update(sealed=stuffed)
    (decision,) = closing.close_due(now=closes(proposal))
    assert decision.outcome == "failed"
    assert Decision.objects.get().yes == 0


def test_a_box_never_gets_a_second_key() -> None:
    box = uuid.uuid4()
    create_box_key(box)
    with pytest.raises(FileExistsError):
        create_box_key(box)


def test_withdrawing_a_secret_vote_leaves_no_ballot(members: list[Member]) -> None:
    proposal = secret_vote(members)
    vote(proposal, members[0], "yes")
    proposals.withdraw(author=members[1], proposal_id=proposal.pk, now=later(hours=2))
    assert not BallotBox.objects.exists()
    assert not SecretBallot.objects.exists()
    assert closes(proposal) > NOON
