"""A node that was put back from too old a backup can be read and not written, until the community decides."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from community_ai.core.clock import clock_at
from community_ai.core.doctor import Health
from community_ai.core.home import Home
from consent import backup_jobs
from consent.backing_up import notice_older_record
from consent.backup_states import check_restore
from consent.erasure_jobs import look_after_dormant
from consent.models import Restore, RestoreState
from consent.services import dormancy, restores, restoring
from consent.services.backup_reading import open_with_code
from consent.services.restoring import NotSettled, Wanted
from governance import standstill
from governance.audit.checkpoint import Checkpoint, sign_note
from governance.audit_jobs import make_checkpoint
from governance.counting import Choice
from governance.models import AuditCheckpoint, AuditFrontier, Member, Proposal, ProposalState
from governance.services import audit, ballots, checkpoint_file, proposals
from governance.services.audit_verification import verify
from governance.services.closing import close_due
from governance.services.proposals import withdraw
from tests.agreeing import agree
from tests.conftest import PASSWORD
from tests.consent.backups.conftest import Node, only_sqlcipher
from tests.governance.decisions.conftest import NOON, draft_appointment

LOST = 5
LATER = NOON + timedelta(hours=73)


def witness(*, more: int = LOST) -> None:
    """A checkpoint outside the database that knows more entries than it has."""
    edge = AuditFrontier.objects.get()
    key = audit.record_key()
    text = Checkpoint(key.name, edge.size + more, bytes(range(32))).text()
    with checkpoint_file.opened() as file:
        file.append(sign_note(text, name=key.name, seed=audit.signing_seed()), made_at=NOON)


@pytest.fixture
def closed(node: Node) -> Restore:
    witness()
    assert "reading only" in str(notice_older_record(settings.HOME))
    restore = restores.closed()
    assert restore is not None
    return restore


def visit(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def decide(restore: Restore, choices: list[Choice]) -> Proposal:
    proposal = Proposal.objects.get(pk=restore.proposal_id or 0)
    assert proposal.opened_at is not None
    assert proposal.closes_at is not None
    for member, choice in zip(Member.objects.order_by("pk"), choices, strict=False):
        ballots.cast(
            proposal_id=proposal.pk,
            member=member,
            choice=choice,
            version=1,
            now=proposal.opened_at + timedelta(minutes=1),
        )
    close_due(now=proposal.closes_at)
    proposal.refresh_from_db()
    return proposal


def test_a_record_that_is_whole_closes_nothing(node: Node) -> None:
    assert notice_older_record(settings.HOME) is None
    assert not Restore.objects.exists()
    assert check_restore().health is Health.OK


def test_pages_are_read_and_nothing_is_written(closed: Restore) -> None:
    member = Member.objects.first()
    assert member is not None
    client = visit(member)
    assert closed.missing == LOST
    assert client.get("/").status_code == 200
    assert client.get(f"/decisions/{closed.proposal_id}/").status_code == 200
    before = Proposal.objects.count()
    for path in ("/account/", "/decisions/new/role-appoint/", "/invitations/", "/backups/make/"):
        answer = client.post(path, {"display_name": "Other"})
        assert answer.status_code == 423, path
        assert f"/decisions/{closed.proposal_id}/" in answer.content.decode()
    assert client.post("/account/", {}, headers={"HX-Request": "true"})["HX-Redirect"]
    assert Proposal.objects.count() == before


def test_taking_back_and_erasing_go_on(closed: Restore, empty_cache: None) -> None:
    """Who can put an old backup in place can stop nobody who wants to leave or takes an agreement back."""
    member = Member.objects.get(username="member2")
    agree(member)
    client = Client()
    client.post("/accounts/login/", {"login": "member2", "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/me/consent/").context["form"]
    shown = {page.add_prefix(name): field.initial for name, field in page.fields.items() if name != "knowledge"}
    assert client.post("/me/consent/", {name: on for name, on in shown.items() if on}).status_code == 200
    answer = client.post("/me/erase/", {"teaching": "withdraw", "name": "member2"})
    assert answer.status_code == 302 and "/me/proof/" in answer["Location"]
    assert not Member.objects.filter(pk=member.pk, is_active=True).exists()


def test_nobody_is_dormant_meanwhile(closed: Restore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dormancy, "look_after", pytest.fail)
    assert look_after_dormant() == (0, 0)


def test_signing_in_and_out_go_on(closed: Restore, empty_cache: None) -> None:
    client = Client()
    answer = client.post("/accounts/login/", {"login": "member2", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.post("/accounts/logout/").status_code == 302


def test_only_the_one_vote_can_be_taken_part_in(node: Node) -> None:
    other = draft_appointment(node.admin, node.members[1])
    other = proposals.open_vote(author=node.admin, proposal_id=other.pk, version=1, now=NOON)
    witness()
    with clock_at(NOON):
        notice_older_record(settings.HOME)
        restore = restores.closed()
        assert restore is not None
        client = visit(node.members[2])
        sends = {"choice": "yes", "version": 1}
        assert client.post(f"/decisions/{other.pk}/vote/", sends).status_code == 423
        assert client.post(f"/decisions/{restore.proposal_id}/vote/", sends).status_code == 302
    # Even when its time is over the other one waits: what was decided about may be among what is lost.
    close_due(now=NOON + timedelta(days=30))
    other.refresh_from_db()
    assert other.state == ProposalState.OPEN


def test_a_yes_lets_the_record_go_on_and_says_what_is_lost(closed: Restore) -> None:
    assert "shorter" in verify().fault
    assert make_checkpoint() is None
    assert decide(closed, [Choice.YES] * 3).state == ProposalState.CARRIED_OUT
    assert restores.closed() is None
    assert standstill.present() is None
    closed.refresh_from_db()
    assert closed.state == RestoreState.ACCEPTED
    assert verify().holds
    assert audit.checkpoint(now=LATER) is not None
    assert verify().holds
    (aside,) = settings.HOME.audit.glob("checkpoints.before-*")
    assert len(aside.read_bytes().splitlines()) == 2
    assert closed.known_root == bytes(range(32)).hex()
    # Starting again changes nothing, and a crash before the file was cut is made good.
    assert notice_older_record(settings.HOME) is None


def test_a_crash_after_the_yes_is_made_good_at_the_next_start(closed: Restore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restores, "go_on", lambda: False)
    decide(closed, [Choice.YES] * 3)
    monkeypatch.undo()
    assert not verify().holds
    assert notice_older_record(settings.HOME) is None
    assert verify().holds


def test_a_no_leaves_it_closed_until_a_newer_backup_comes(closed: Restore) -> None:
    assert decide(closed, [Choice.NO] * 3).state == ProposalState.REJECTED
    restore = restores.closed()
    assert restore is not None
    assert restore.state == RestoreState.REFUSED
    assert check_restore().health is Health.FAILURE
    member = Member.objects.first()
    assert member is not None
    answer = visit(member).post("/account/", {})
    assert "newer backup" in answer.content.decode()


def test_nobody_takes_the_vote_back(closed: Restore) -> None:
    member = Member.objects.first()
    assert member is not None
    with pytest.raises(proposals.NotYours):
        withdraw(author=member, proposal_id=closed.proposal_id or 0, now=NOON)


def test_no_backups_are_made_meanwhile(closed: Restore, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    monkeypatch.setattr(backup_jobs, "_start", lambda *arguments, **_: started.append(arguments))
    backup_jobs.look_after_backups()
    assert started == []


# --- With the real process --------------------------------------------------------------------------------------------
@only_sqlcipher
def test_a_restore_with_a_witness_that_knows_more_opens_read_only(node: Node, tmp_path: Path) -> None:
    code = open_with_code(node.back_up(), code=node.code)
    for number in range(3):
        with transaction.atomic():
            audit.record(kind="member.joined", actor=None, subject=f"{number}", facts={}, now=NOON)
    audit.checkpoint(now=NOON)
    home = Home(tmp_path / "node")
    restored = restoring.restore(opened=code, wanted=Wanted(home.root, checkpoints=checkpoint_file.path()))
    assert restored.settled.missing == AuditCheckpoint.objects.latest("size").size - restored.settled.record > 0
    assert (home.audit / "checkpoints").read_bytes() == checkpoint_file.path().read_bytes()


@only_sqlcipher
def test_a_ledger_that_was_bent_is_refused(node: Node, tmp_path: Path) -> None:
    code = open_with_code(node.back_up(), code=node.code)
    bent = tmp_path / "bent"
    bent.write_bytes(b"{}\n")
    with pytest.raises(NotSettled) as told:
        restoring.restore(opened=code, wanted=Wanted(tmp_path / "other", ledger=bent))
    assert "ledger" in str(told.value.sentence)
    assert not (tmp_path / "other").exists()


def test_the_command_says_that_it_is_read_only(closed: Restore) -> None:
    with pytest.raises(SystemExit):
        call_command("verify_audit")
