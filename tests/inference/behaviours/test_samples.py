"""Sample questions are answered under both versions before anybody votes, by the real model, once for each."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings

from community_ai.core.home import Home
from governance.models import Member, Proposal
from governance.refusals import Refused
from governance.services import proposals
from governance.services.rules import ensure_default_rules
from inference import jobs
from inference.engine.client import EngineClient
from inference.engine.protocol import Generate
from inference.models import BehaviourVersion, SampleAnswer, SampleQuestion
from inference.services import behaviour, samples
from inference.services.samples import CannotKeep, NotAnswered, answer_next, comparison
from tests.governance.decisions.conftest import NOON, make_community
from tests.inference.conftest import WorkerProcess

pytestmark = pytest.mark.django_db


@pytest.fixture
def members(db: None) -> list[Member]:
    return make_community(3)


@pytest.fixture
def proposal(members: list[Member], worker: WorkerProcess) -> Proposal:
    """A draft for the behaviour that the worker knows as discussed, and two sample questions."""
    behaviour.found(behaviour=worker.behaviour, now=NOON)
    ensure_default_rules(now=NOON)
    for text in ("Say hello.", "What is bread?"):
        samples.add_question(by=members[0], text=text, now=NOON)
    return proposals.draft(
        author=members[1],
        kind="behaviour-manner",
        title="Shorter",
        reason="We read on phones.",
        payload=behaviour.payload_of(worker.discussed),
        now=NOON,
    )


def at_the_workers(worker: WorkerProcess, proposal: Proposal) -> bool:
    with EngineClient(worker.socket_path, timeout=60.0) as client:
        return answer_next(proposal_id=proposal.pk, now=NOON, ask=partial(samples.ask_worker, client))


def unasked(request: Generate) -> tuple[str, bool]:
    raise AssertionError("nobody may be asked")


def test_both_versions_answer_every_question_once(proposal: Proposal, worker: WorkerProcess) -> None:
    compared = comparison(proposal.versions.get())
    assert compared is not None
    assert (compared.answered, compared.wanted, compared.finished) == (0, 4, False)
    assert samples.lacking() == [proposal.pk]
    while at_the_workers(worker, proposal):
        pass
    compared = comparison(proposal.versions.get())
    assert compared is not None
    assert (compared.answered, compared.wanted, compared.finished) == (4, 4, True)
    for row in compared.rows:
        assert row.present is not None
        assert row.proposed is not None
        assert row.present.text
        assert row.proposed.text
        assert row.present.behaviour_sha256 == worker.behaviour.sha256
        assert row.proposed.behaviour_sha256 == worker.discussed.sha256
    assert samples.lacking() == []
    assert not answer_next(proposal_id=proposal.pk, now=NOON, ask=unasked)


def test_the_job_answers_them_and_survives_running_twice(
    proposal: Proposal, worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Home, "worker_socket", worker.socket_path)
    jobs.answer_lacking_samples()
    texts = list(SampleAnswer.objects.order_by("pk").values_list("text", "asked_at"))
    assert len(texts) == 4
    jobs.answer_samples(proposal.pk)
    assert list(SampleAnswer.objects.order_by("pk").values_list("text", "asked_at")) == texts


def test_a_worker_that_is_away_is_asked_again_later(proposal: Proposal) -> None:
    assert not settings.HOME.worker_socket.exists()
    jobs.answer_samples(proposal.pk)
    assert not SampleAnswer.objects.exists()

    def breaks(request: Generate) -> tuple[str, bool]:
        raise NotAnswered("away")

    with pytest.raises(NotAnswered):
        answer_next(proposal_id=proposal.pk, now=NOON, ask=breaks)
    asked: list[Generate] = []

    def answers(request: Generate) -> tuple[str, bool]:
        asked.append(request)
        return "Hello.", False

    # The lease of what broke keeps others away for three minutes; the rest goes on.
    moment = NOON + timedelta(minutes=1)
    while answer_next(proposal_id=proposal.pk, now=moment, ask=answers):
        moment += timedelta(seconds=1)
    assert len(asked) == 3
    while answer_next(proposal_id=proposal.pk, now=NOON + timedelta(minutes=5), ask=answers):
        pass
    assert len(asked) == 4
    assert all(request.preview and request.conversation is None for request in asked)


def test_an_answer_that_comes_after_its_lease_does_not_overwrite(proposal: Proposal) -> None:
    late = NOON + timedelta(minutes=4)

    def overtaken(request: Generate) -> tuple[str, bool]:
        SampleAnswer.objects.update(asked_at=late, answered_at=late, text="First.")
        return "Second.", False

    answer_next(proposal_id=proposal.pk, now=NOON, ask=overtaken)
    assert SampleAnswer.objects.get().text == "First."


def test_nothing_is_asked_for_what_is_over(proposal: Proposal, members: list[Member]) -> None:
    proposals.withdraw(author=members[1], proposal_id=proposal.pk, now=NOON)
    assert samples.lacking() == []
    assert not answer_next(proposal_id=proposal.pk, now=NOON, ask=unasked)


def test_questions_are_kept_in_bounds(members: list[Member], db: None) -> None:
    for bad in ("", "  ", "x" * 301, "\x00"):
        with pytest.raises(Refused):
            samples.add_question(by=members[0], text=bad, now=NOON)
    for number in range(samples.MAX_QUESTIONS):
        samples.add_question(by=members[1], text=f"Question {number}?", now=NOON)
    with pytest.raises(CannotKeep, match="enough"):
        samples.add_question(by=members[1], text="One more?", now=NOON)
    question = SampleQuestion.objects.in_use().first()
    assert question is not None
    with pytest.raises(CannotKeep, match="Only who added"):
        samples.remove_question(by=members[2], question_id=question.pk, now=NOON)
    samples.remove_question(by=members[1], question_id=question.pk, now=NOON)
    with pytest.raises(CannotKeep, match="already"):
        samples.remove_question(by=members[0], question_id=question.pk, now=NOON)
    samples.add_question(by=members[1], text="One more?", now=NOON)


def test_a_community_begins_with_questions_in_its_language(db: None) -> None:
    samples.write_first_questions(language="en", now=NOON)
    assert SampleQuestion.objects.in_use().count() == 5


def test_what_changes_no_behaviour_has_no_samples(members: list[Member], first: BehaviourVersion) -> None:
    draft = proposals.draft(
        author=members[0],
        kind="role-appoint",
        title="A teacher",
        reason="She knows.",
        payload={"member": members[1].pk, "role": "teacher"},
        now=NOON,
    )
    assert comparison(draft.versions.get()) is None
