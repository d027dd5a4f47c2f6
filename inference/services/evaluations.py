"""Measuring the AI: the community's question set is asked on the way that a member's question takes.

The questions are asked for a member without any special role, so that what only some may see does not count. What is
found, quoted or read is decided by the services of the chat; only the words of the talk around it are left away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Count

from governance.models import Member
from governance.refusals import Refused
from governance.services import roles
from governance.services.appointments import role_keys_of
from inference.engine.protocol import Generate, Turn
from inference.evaluation.figures import Asked, figures_of
from inference.evaluation.scoring import Outcome, holds, outcome_of
from inference.models import BehaviourVersion, EvaluationOutcome, EvaluationRun
from inference.retrieval.embedder import embedder
from inference.retrieval.evidence import evidence
from inference.retrieval.quoting import Plan, Way, best_of, quotes
from inference.retrieval.retrieve import retrieve
from inference.services import passage_vectors
from inference.services.lookups import CANDIDATES, language_of_community, plan_for, told
from inference.services.samples import NotAnswered
from inference.services.serving import serving
from knowledge.access import in_service, usable
from knowledge.models import Entry, Passage, SetQuestion
from knowledge.question_split import Part
from knowledge.rules_of_use import Use
from knowledge.services import question_set

# The scheduler is fair between members: all questions of an evaluation together count as one of them.
READER = "evaluation"

Ask = Callable[[Generate], str]
"""Asks the worker and gives the whole answer. Raises NotAnswered."""


class NobodyAsks(Refused):
    def __init__(self) -> None:
        super().__init__(
            "Every member has a role beyond that of a member, so nobody can stand for all of them. Name a member."
        )


class NothingToAsk(Refused):
    def __init__(self) -> None:
        super().__init__("The question set is empty, or nothing of it can be asked for this member.")


@dataclass(frozen=True)
class Measured:
    """One question with what came of it, and with the answer, which is kept nowhere."""

    question: SetQuestion
    asked: Asked
    text: str


def plain_member() -> Member:
    """An active member with no role but a member's, the one who wrote the fewest entries: authors see more.

    Raises NobodyAsks.
    """
    written = dict(in_service(Entry).order_by().values_list("author").annotate(Count("pk")))
    plain = [
        member
        for member in Member.objects.filter(is_active=True).order_by("pk")
        if role_keys_of(member) <= {roles.MEMBER}
    ]
    if not plain:
        raise NobodyAsks
    return min(plain, key=lambda member: written.get(member.pk, 0))


def prepare() -> None:
    """Compute what is missing of the vectors of passages, so that all notes can be found."""
    model = embedder()
    if model is not None:
        while passage_vectors.fill(embedder=model, seconds=20.0):
            pass


def questions_for(*, member: Member, now: datetime, held_out: bool, limit: int | None) -> list[SetQuestion]:
    """The questions to ask, in an order that depends on their words alone. Raises NothingToAsk."""
    rows = question_set.askable(member=member, now=now).order_by("digest")
    wanted = [row for row in rows if row.held_out or not held_out][:limit]
    if not wanted:
        raise NothingToAsk
    return wanted


def measure(
    *, questions: Sequence[SetQuestion], member: Member, ask: Ask, without_too: bool, now: datetime
) -> Iterator[Measured]:
    """Ask them one after the other, with knowledge, and those that have an answer without it too if wanted.

    Raises NoBehaviour, Paused.
    """
    version = serving(now=now)
    for question in questions:
        text, with_knowledge = _with_knowledge(question, version, member, ask, now)
        without = None
        if without_too and not question.unanswerable:
            without = _without(question, version, ask)
        asked = Asked(
            answerable=not question.unanswerable,
            held=_note_holds(question, member, now),
            with_knowledge=with_knowledge,
            without=without,
        )
        yield Measured(question, asked, text)


def signs_to_learn_from(*, member: Member, now: datetime) -> list[dict[str, Any]]:
    """For `inference.retrieval.fitting`: each question to learn from, and those with a note once more without it.

    Raises NothingToAsk, NoBehaviour.
    """
    version, rows = serving(now=now), []
    for question in questions_for(member=member, now=now, held_out=False, limit=None):
        if question.part is not Part.LEARN:
            continue
        known = _note_holds(question, member, now)
        if not known and not question.unanswerable:
            continue
        for away in (False, True) if known else (False,):
            without = question.entry_id if away else None
            found = retrieve(question.text, member=member, now=now, limit=CANDIDATES, without=without)
            if not found or found[0].signs.near is None:
                continue
            best = best_of(found)
            said = told(Plan(Way.QUOTE, quotes(best, found)), version=version, language=question.language).begins
            right = known and not away and _outcome(question, said, no_note=False) is Outcome.RIGHT
            rows.append(
                {
                    "signs": astuple(evidence(best, found)),
                    "known": known and not away,
                    "away": away,
                    "right": right,
                }
            )
    return rows


def keep(*, measured: Sequence[Measured], limited: bool, began_at: datetime, now: datetime) -> EvaluationRun:
    """Write the run with its figures and the outcome of each question; answers are not kept."""
    with transaction.atomic():
        run = EvaluationRun.objects.create(
            behaviour=serving(now=began_at),
            began_at=began_at,
            ended_at=now,
            limited=limited,
            by_meaning=embedder() is not None,
            figures={
                part.value: figures_of(row.asked for row in measured if row.question.part is part).to_json()
                for part in Part
            },
        )
        # A question that was deleted with its entry meanwhile is counted, and has no row any more.
        present = set(
            SetQuestion.objects.filter(pk__in=[row.question.pk for row in measured]).values_list("pk", flat=True)
        )
        EvaluationOutcome.objects.bulk_create(
            EvaluationOutcome(
                run=run,
                question=row.question,
                held=row.asked.held,
                with_knowledge=row.asked.with_knowledge.value,
                without=row.asked.without.value if row.asked.without else "",
            )
            for row in measured
            if row.question.pk in present
        )
    return run


def _with_knowledge(
    question: SetQuestion, version: BehaviourVersion, member: Member, ask: Ask, now: datetime
) -> tuple[str, Outcome]:
    chosen = plan_for(question.text, member=member, version=version, now=now)
    looked_up = told(chosen, version=version, language=member.language or language_of_community())
    text = looked_up.begins
    if not looked_up.whole:
        request = _request(question, version, passages=looked_up.passages)
        try:
            text = f"{text}\n\n{ask(request)}".strip()
        except NotAnswered:
            return "", Outcome.FAILED
    return text, _outcome(question, text, no_note=chosen.way is Way.NOTHING)


def _without(question: SetQuestion, version: BehaviourVersion, ask: Ask) -> Outcome:
    try:
        return _outcome(question, ask(_request(question, version)), no_note=False)
    except NotAnswered:
        return Outcome.FAILED


def _request(question: SetQuestion, version: BehaviourVersion, **more: object) -> Generate:
    return Generate(
        id=uuid4().hex,
        member=READER,
        conversation=None,
        behaviour=version.sha256,
        turns=(Turn("user", question.text),),
        **more,  # type: ignore[arg-type]
    )


def _outcome(question: SetQuestion, text: str, *, no_note: bool) -> Outcome:
    return outcome_of(text, no_note=no_note, answers=question.answers, wrong=question.wrong, language=question.language)


def _note_holds(question: SetQuestion, member: Member, now: datetime) -> bool:
    """Whether a passage of the question's entry holds an accepted answer, and may be quoted to the member."""
    if question.entry_id is None or question.unanswerable:
        return False
    passages = usable(Passage, member=member, use=Use.QUOTE, now=now).filter(entry=question.entry_id)
    return any(
        holds(text, answer, language=question.language)
        for text in passages.values_list("text", flat=True)
        for answer in question.answers
    )
