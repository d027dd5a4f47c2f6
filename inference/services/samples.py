"""Sample questions, answered as the AI answers now and as it would after a proposal, before anybody votes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance import wording
from governance.models import Member, Proposal, ProposalState, ProposalVersion
from governance.permissions import Permission
from governance.refusals import Refused
from inference.behaviour import Behaviour, InvalidBehaviour
from inference.engine.client import EngineClient, WorkerGone
from inference.engine.protocol import Done, Failed, Generate, Text, Turn
from inference.models import SampleAnswer, SampleQuestion
from inference.models.sample import MAX_QUESTION_CHARACTERS
from inference.services import behaviour

MAX_QUESTIONS = 12
MAX_SAMPLE_TOKENS = 200
LEASE = timedelta(minutes=3)
# The scheduler is fair between members: all samples together count as one of them.
READER = "samples"


class CannotKeep(Refused):
    """The sample question cannot be added or removed; the sentence says why."""


class NotAnswered(Exception):
    """The worker did not answer a sample; it is asked again later."""


@dataclass(frozen=True)
class SideBySide:
    """One question with what is answered now and what would be answered; None while it is being written."""

    question: SampleQuestion
    present: SampleAnswer | None
    proposed: SampleAnswer | None


@dataclass(frozen=True)
class Comparison:
    rows: list[SideBySide]
    answered: int
    wanted: int

    @property
    def finished(self) -> bool:
        return self.answered == self.wanted


@dataclass(frozen=True)
class _Wanted:
    question: SampleQuestion
    sha256: str


def write_first_questions(*, language: str, now: datetime) -> None:
    """The questions that a new community begins with, in its language."""
    with translation.override(language):
        texts = [
            gettext("Hello! Who are you?"),
            gettext("What can you help us with?"),
            gettext("How do I say thank you to a neighbour?"),
            gettext("I have a headache. What should I do?"),
            gettext("What is the name of our oldest member?"),
        ]
    SampleQuestion.objects.bulk_create(SampleQuestion(text=text, added_at=now) for text in texts)


def add_question(*, by: Member, text: str, now: datetime) -> SampleQuestion:
    """Raises CannotKeep or BadWording."""
    text = wording.line(text, field="text", limit=MAX_QUESTION_CHARACTERS)
    if SampleQuestion.objects.in_use().count() >= MAX_QUESTIONS:
        raise CannotKeep(_("There are enough questions. Please remove one first."))
    return SampleQuestion.objects.create(text=text, added_by=by, added_at=now)


def remove_question(*, by: Member, question_id: int, now: datetime) -> None:
    """Its answers stay on the pages of old proposals. Raises CannotKeep."""
    question = SampleQuestion.objects.in_use().filter(pk=question_id).first()
    if question is None:
        raise CannotKeep(_("This question is removed already."))
    if not may_remove(by, question):
        raise CannotKeep(_("Only who added a question, or a moderator, can remove it."))
    SampleQuestion.objects.in_use().filter(pk=question.pk).update(ended_at=now)


def may_remove(member: Member, question: SampleQuestion) -> bool:
    return question.added_by_id == member.pk or member.may(Permission.MODERATE)


def comparison(version: ProposalVersion) -> Comparison | None:
    """The sample answers for a version of a proposal; None when it describes no behaviour."""
    pair = _pair(version)
    if pair is None:
        return None
    present, proposed = pair
    answers = {
        (answer.question_id, answer.behaviour_sha256): answer
        for answer in SampleAnswer.objects.filter(behaviour_sha256__in=pair).exclude(answered_at=None)
    }
    questions = [
        question
        for question in SampleQuestion.objects.all()
        if question.ended_at is None or (question.pk, proposed) in answers
    ]
    rows = [SideBySide(q, answers.get((q.pk, present)), answers.get((q.pk, proposed))) for q in questions]
    return Comparison(
        rows,
        answered=sum((row.present is not None) + (row.proposed is not None) for row in rows),
        wanted=2 * len(rows),
    )


def lacking() -> list[int]:
    """Proposals under discussion whose sample answers are not all there."""
    return [proposal.pk for proposal in _discussed() if _next_wanted(proposal) is not None]


def answer_next(*, proposal_id: int, now: datetime, ask: Callable[[Generate], tuple[str, bool]]) -> bool:
    """Answer one sample of a proposal that nobody is at; False when there is none left.

    `ask` gives text and whether it was cut (`ask_worker`). Raises NotAnswered.
    """
    proposal = _discussed().filter(pk=proposal_id).first()
    wanted = _next_wanted(proposal, free_at=now) if proposal is not None else None
    if wanted is None or not _take(wanted, now):
        return False
    text, cut = ask(
        Generate(
            id=uuid4().hex,
            member=READER,
            conversation=None,
            behaviour=wanted.sha256,
            turns=(Turn("user", wanted.question.text),),
            max_tokens=MAX_SAMPLE_TOKENS,
            preview=True,
        )
    )
    SampleAnswer.objects.filter(
        question=wanted.question, behaviour_sha256=wanted.sha256, asked_at=now, answered_at=None
    ).update(text=text, cut=cut, answered_at=now)
    return True


def ask_worker(client: EngineClient, request: Generate) -> tuple[str, bool]:
    """Text, and whether it was cut. Raises NotAnswered."""
    text = ""
    try:
        for event in client.generate(request):
            if isinstance(event, Text):
                text += event.text
            elif isinstance(event, Failed):
                raise NotAnswered(event.code)
            elif isinstance(event, Done):
                return text.strip(), event.reason == "length"
    except WorkerGone as error:
        raise NotAnswered(str(error)) from error
    raise NotAnswered("The worker ended without saying so.")


def _take(wanted: _Wanted, now: datetime) -> bool:
    """Begin the lease of one answer; False when somebody else has it."""
    try:
        with transaction.atomic():
            SampleAnswer.objects.create(question=wanted.question, behaviour_sha256=wanted.sha256, asked_at=now)
        return True
    except IntegrityError:
        return bool(
            SampleAnswer.objects.filter(
                question=wanted.question,
                behaviour_sha256=wanted.sha256,
                answered_at=None,
                asked_at__lte=now - LEASE,
            ).update(asked_at=now)
        )


def _next_wanted(proposal: Proposal, *, free_at: datetime | None = None) -> _Wanted | None:
    """The next answer that is lacking; with `free_at`, one that nobody has taken at that moment."""
    version = ProposalVersion.objects.filter(proposal=proposal, number=proposal.version).first()
    pair = _pair(version) if version is not None else None
    if pair is None:
        return None
    rows = SampleAnswer.objects.filter(behaviour_sha256__in=pair)
    there = {
        (row.question_id, row.behaviour_sha256)
        for row in rows
        if row.answered_at is not None or (free_at is not None and row.asked_at > free_at - LEASE)
    }
    for question in SampleQuestion.objects.in_use():
        for sha256 in pair:
            if (question.pk, sha256) not in there:
                return _Wanted(question, sha256)
    return None


def _pair(version: ProposalVersion) -> tuple[str, str] | None:
    """Hashes of the behaviour that the proposal was written against and of the one that it would bring."""
    try:
        proposed = Behaviour.from_json(version.payload.get("behaviour")).sha256
    except InvalidBehaviour:
        return None
    return (version.target_hash, proposed) if version.target_hash != proposed else None


def _discussed() -> QuerySet[Proposal]:
    return Proposal.objects.filter(
        kind__in=behaviour.effect_kinds(), state__in=(ProposalState.DRAFT, ProposalState.OPEN)
    )
