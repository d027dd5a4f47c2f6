"""What ages is deleted by the rule that the community voted, or by the software's own until it did."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from community_ai.core.clock import clock_at
from community_ai.core.doctor import Health
from community_ai.core.home import FOLDER_MODE
from consent.models import Erasure, RetentionRule, SignIn
from consent.retaining import check_retention
from consent.retention import Ageing, ageings, register_ageing
from consent.retention_jobs import expire_what_is_over
from consent.retention_kind import preview, validate
from consent.services import ledger, retention
from governance import standstill
from governance.effects import InvalidPayload
from governance.models import Decision, Member, Outcome
from governance.services.audit_verification import verify
from governance.standstill import Standstill
from inference.models import Conversation, Message
from knowledge.models import Correction, CorrectionState, ImportBatch, ImportState, Matter, Verdict
from tests.agreeing import agree
from tests.append_only import triggers_lifted
from tests.governance.decisions.conftest import NOON, browser_of, later, members, opened
from tests.governance.decisions.test_kinds import decide

__all__ = ["browser_of", "members"]
LATER = NOON + timedelta(days=200)


def decide_days(members: list[Member], days: int, *, key: str = "conversations", now: datetime = NOON) -> Decision:
    return decide("retention", {"what": key, "days": days}, members, now=now)


def talk(member: Member, *, active_at: datetime) -> Conversation:
    row = Conversation.objects.create(member=member, title="Wool", began_at=active_at, active_at=active_at)
    Message.objects.create(
        member=member, conversation=row, role=Message.Role.MEMBER, text="How is felt made?", written_at=active_at
    )
    return row


def left(model: Any) -> set[Any]:
    return set(model._default_manager.values_list("pk", flat=True))


def test_until_the_community_decides_the_softwares_days_hold(members: list[Member]) -> None:
    assert {rule.ageing.key: rule.days for rule in retention.all_in_force()} == {
        "sign_ins": 90, "logs": 30, "imports": 365, "corrections": 365, "questions": 365, "conversations": 365,
    }  # fmt: skip
    assert retention.in_force("conversations").decision is None
    assert "365 days" in str(retention.sentence_for("conversations"))


def test_a_decision_puts_other_days_in_force_for_one_kind_of_data(members: list[Member]) -> None:
    first = decide_days(members, 90)
    assert first.outcome == Outcome.CARRIED_OUT
    second = decide_days(members, 60, now=later(days=20))
    present = retention.in_force("conversations")
    assert (present.days, present.decision) == (60, second)
    assert retention.in_force("imports").days == 365


@pytest.mark.parametrize(
    "payload",
    [
        {"what": "conversations", "days": 29},
        {"what": "conversations", "days": 3651},
        {"what": "conversations", "days": "90"},
        {"what": "conversations", "days": True},
        {"what": "votes", "days": 90},
        {"what": "conversations"},
        {"what": "conversations", "days": 90, "now": 1},
    ],
)
def test_days_out_of_bounds_and_unknown_data_are_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(InvalidPayload):
        validate(payload)


def test_the_preview_says_how_much_would_go_and_reveals_nobody(members: list[Member]) -> None:
    for number in range(11):
        talk(members[number % 2], active_at=NOON - timedelta(days=100))
    talk(members[2], active_at=NOON - timedelta(days=300))
    with clock_at(NOON):
        lines = preview({"what": "conversations", "days": 90})
        assert [str(line) for line in lines.before] == [
            "Conversations that nobody went on with for 365 days are deleted"
        ]
        assert [str(line) for line in lines.after] == [
            "Conversations that nobody went on with for 90 days are deleted", "12 would go at once",
        ]  # fmt: skip
        assert str(preview({"what": "conversations", "days": 200}).after[1]) == "Fewer than 10 would go at once"
        assert len(preview({"what": "logs", "days": 10}).after) == 1
    assert retention.over("conversations", days=90, now=NOON, member=members[2]) == 1


def test_what_is_over_goes_as_if_its_member_had_erased_it(members: list[Member]) -> None:
    shutil.rmtree(settings.HOME.logs, ignore_errors=True)  # those of the tests before would count
    decide_days(members, 90)
    old = [talk(members[number % 2], active_at=LATER - timedelta(days=91)) for number in range(4)]
    young = talk(members[0], active_at=LATER - timedelta(days=89))
    gone, all_of_it = retention.expire(now=LATER, seconds=60)
    assert (gone, all_of_it) == (4, True)
    assert left(Conversation) == {young.pk}
    assert Message._default_manager.count() == 1
    lines = ledger.verified()
    assert [len(line.facts["pieces"]) for line in lines] == [2, 2], "one line for all of one member's"
    assert {key for line in lines for key in line.facts["pieces"]} == {str(row.pk) for row in old}
    assert Erasure.objects.count() == 2
    assert retention.expire(now=LATER, seconds=60) == (0, True)


def test_a_little_at_a_time_when_there_is_no_time(members: list[Member]) -> None:
    for member in members[:3]:
        talk(member, active_at=NOON - timedelta(days=400))
    assert retention.expire(now=NOON, seconds=0) == (1, False)
    assert retention.expire(now=NOON, seconds=60) == (2, True)


def test_nothing_goes_while_the_node_is_closed_for_writing(
    members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = talk(members[0], active_at=NOON - timedelta(days=400))
    with clock_at(NOON):
        monkeypatch.setattr(standstill, "_source", lambda: Standstill(None))
        assert expire_what_is_over() == 0
        assert left(Conversation) == {row.pk}
        monkeypatch.setattr(standstill, "_source", lambda: None)
        assert expire_what_is_over() == 1


def test_everything_that_ages_goes_after_its_own_days(members: list[Member]) -> None:
    ana, long_ago = members[0], NOON - timedelta(days=366)
    settings.HOME.logs.mkdir(mode=FOLDER_MODE, exist_ok=True)
    log = settings.HOME.logs / f"{NOON - timedelta(days=31):%Y-%m-%d}.log"
    log.write_text("an old line\n")
    SignIn.objects.create(member=ana, hour=NOON - timedelta(days=91), browser="Firefox/Linux")
    SignIn.objects.create(member=ana, hour=NOON - timedelta(days=89), browser="Firefox/Linux")
    batches = {
        state: ImportBatch.objects.create(member=ana, state=state, file_name="wool.txt", sha256="0" * 64, bytes=1,
                                          plan="", brought_at=long_ago, changed_at=long_ago)
        for state in (ImportState.DONE, ImportState.READ)
    }  # fmt: skip
    corrections = {
        state: Correction.objects.create(
            member=ana, answer_id=batches[ImportState.DONE if state == "declined" else ImportState.READ].pk,
            behaviour=1, question="Q", answer="A", verdict=Verdict.NOT_QUITE, matter=Matter.FACT, better="B",
            comment="", with_name=False, may_train=False, submitted_at=long_ago, state=state, reviewed_at=long_ago,
            reason="", accepted="",
        )
        for state in (CorrectionState.DECLINED, CorrectionState.EXAMPLE)
    }  # fmt: skip
    assert retention.expire(now=NOON, seconds=60) == (4, True)
    assert not log.exists()
    assert SignIn._default_manager.count() == 1
    assert left(ImportBatch) == {batches[ImportState.READ].pk}
    assert left(Correction) == {corrections[CorrectionState.EXAMPLE].pk}


def test_a_row_without_a_vote_is_not_a_rule_and_one_taken_away_is_found(members: list[Member]) -> None:
    decided = decide_days(members, 90)
    newest = decide_days(members, 60, now=later(days=20))
    assert verify().holds
    with triggers_lifted():
        row = RetentionRule.objects.get(decision=newest)
        RetentionRule.objects.filter(pk=row.pk).update(days=30)
        assert retention.in_force("conversations").days == 90, "its seal does not hold"
        RetentionRule.objects.filter(pk=row.pk).delete()
    assert retention.in_force("conversations").decision == decided
    assert "rules of retention" in verify().fault
    other = decide("role-create", {"key": "elders", "name": "Elders", "permissions": []}, members, now=later(days=40))
    retention.put_in_force(key="conversations", days=30, decision=other, now=NOON)
    assert retention.in_force("conversations").days == 90, "that decision says something else"


def test_the_page_about_me_says_until_when_and_by_which_decision(members: list[Member], browser_of: Any) -> None:
    agree(members[0])
    decision = decide_days(members, 90)
    browser = browser_of(members[0])
    page = browser.get(reverse("consent:things", args=["conversations"])).content.decode()
    assert "Conversations that nobody went on with for 90 days are deleted." in page
    assert reverse("governance:proposal", args=[decision.proposal_id]) in page
    page = browser.get(reverse("consent:things", args=["sign_ins"])).content.decode()
    assert "forgotten after 90 days." in page


def test_the_reader_alone_sees_how_much_of_theirs_would_go(members: list[Member], browser_of: Any) -> None:
    for _number in range(2):
        talk(members[0], active_at=NOON - timedelta(days=100))
    proposal = opened(members[1], members[2], kind="retention", payload={"what": "conversations", "days": 90})
    with clock_at(NOON):
        mine, theirs = (
            browser_of(member).get(reverse("governance:proposal", args=[proposal.pk])).content.decode()
            for member in (members[0], members[3])
        )
    assert "2 of them are yours" in mine
    assert "of them are yours" not in theirs
    assert "Fewer than 10 would go at once" in theirs


def test_the_doctor_tells_of_rules_without_a_vote_and_of_what_is_late(members: list[Member]) -> None:
    with clock_at(NOON):
        assert check_retention().health is Health.OK
        talk(members[0], active_at=NOON - timedelta(days=366))
        assert check_retention().health is Health.OK, "the night has not come yet"
        talk(members[0], active_at=NOON - timedelta(days=368))
        assert "conversations" in check_retention().sentence
        other = decide("role-create", {"key": "cooks", "name": "Cooks", "permissions": []}, members)
        retention.put_in_force(key="logs", days=1, decision=other, now=NOON)
        assert check_retention().health is Health.FAILURE


def test_a_member_proposes_it_with_the_form(members: list[Member], browser_of: Any) -> None:
    browser = browser_of(members[0])
    page = browser.get(reverse("governance:proposal_draft", args=["retention"])).content.decode()
    for ageing in ageings():
        assert str(ageing.name) in page


def test_ageings_are_whole_when_they_are_registered() -> None:
    known: dict[str, Any] = {"name": "x", "rule": lambda days: "", "default": 10, "least": 1, "most": 20}
    for wrong in (
        {"key": "logs", "sweep": lambda day: 0},
        {"key": "new"},
        {"key": "new", "rows": lambda before: None},
        {"key": "new", "sweep": lambda day: 0, "default": 21},
    ):
        with pytest.raises(ValueError, match=r"ageing|needs|bounds"):
            register_ageing(Ageing(**{**known, **wrong}))
