"""Looking into the community's knowledge for an answer: what the model reads, or what is said in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from consent.access import in_service
from governance.models import Community, Member
from inference.doorbell import Ring, ring_on_commit
from inference.engine.protocol import MAX_PASSAGE_CHARACTERS, Passage
from inference.models import (
    ANSWER_STATES,
    Answer,
    AnswerState,
    BehaviourVersion,
    Citation,
    Lookup,
    Message,
    ModelFile,
)
from inference.retrieval.quoting import QUOTING_BELOW, Plan, Source, Way, plan
from inference.retrieval.retrieve import retrieve
from inference.retrieval.talk import is_talk
from knowledge.models import Correction

CANDIDATES = 20
"""Passages that are compared to know whether the best stands out."""
TRIES = 3
MOST_WORDS_OF_A_FOLLOW_UP = 5
"""A longer question says itself what it is about, and must not be answered with the note of the one before."""


@dataclass(frozen=True)
class LookedUp:
    """What came of it: `passages` for the model to read beside the question, and how the answer begins.

    With `whole` the beginning is all of it, and the model is not asked.
    """

    passages: tuple[Passage, ...] = ()
    begins: str = ""
    whole: bool = False


def look_up(*, answer_id: UUID, now: datetime) -> LookedUp | None:
    """Look for what the member may have, and write down what the answer will stand on; None if it no longer waits.

    What is written is there before anybody reads it: from then on deleting an entry also stops the answer.
    """
    for tries_left in reversed(range(TRIES)):
        answer = (
            in_service(Answer)
            .filter(pk=answer_id, state=AnswerState.QUEUED)
            .select_related("message__parent", "member", "behaviour")
            .first()
        )
        if answer is None or answer.message.parent is None:
            return None
        chosen = _plan_for(answer, answer.message.parent, now=now)
        try:
            _write_down(answer, chosen)
        except IntegrityError:
            # An entry was deleted, or the question, since we looked.
            if tries_left:
                continue
            raise
        return _looked_up(answer, chosen)
    return None


def forget_entry(*, entry_id: UUID, passage_ids: Sequence[int]) -> None:
    """An entry is being deleted: answers that are being written from it stop. Its citations go with it."""
    _stop(in_service(Citation).filter(entry=entry_id))


def stop_quoting(*, member_id: int, now: datetime) -> None:
    """A member takes back that the AI answers others with what they teach: answers that are being written from it stop.

    Their own go on: the AI may answer them with it.
    """
    corrected = in_service(Correction).filter(member=member_id).exclude(entry=None).values("entry")
    taught = Q(entry__author=member_id) | Q(entry__in=corrected)
    _stop(in_service(Citation).filter(taught).exclude(lookup__answer__member=member_id))


def _stop(citations: QuerySet[Citation]) -> None:
    """Stop the answers that are being written from these."""
    cited = citations.filter(lookup__answer__state__in=ANSWER_STATES.open)
    for answer in in_service(Answer).filter(pk__in=cited.values("lookup__answer")).select_related("message"):
        in_service(Answer).filter(pk=answer.pk).update(stop_requested=True)
        ring_on_commit(Ring(answer.message.conversation_id, answer.member_id))


def plan_for(text: str, *, member: Member, version: BehaviourVersion, now: datetime, before: str = "") -> Plan:
    """How this question of the member is to be answered; `before` is the question that it came after in a talk."""
    chosen = _plan(text, member, version, now=now)
    if chosen.sources:
        return chosen
    if before and len(text.split()) <= MOST_WORDS_OF_A_FOLLOW_UP:
        # "And on Fridays?" says what it is about only together with the question before it.
        together = _plan(f"{before}\n{text}", member, version, now=now)
        if together.sources:
            return together
    return Plan(Way.FREE) if chosen.way is Way.NOTHING and is_talk(text) else chosen


def told(chosen: Plan, *, version: BehaviourVersion, language: str, greeting: str = "") -> LookedUp:
    """What the plan comes to: passages to read, or words in `language` to begin or answer with."""
    if chosen.way is Way.READ:
        return LookedUp(passages=tuple(map(_passage, chosen.sources)))
    with override(language):
        if chosen.way is Way.QUOTE:
            quotes = "\n\n".join(_quoted(source, number) for number, source in enumerate(chosen.sources, 1))
            # Not inside the f-string: sentences are gathered for translation from the source's own strings.
            lead = _("Our notes say:")
            return LookedUp(begins=f"{greeting}{lead}\n\n{quotes}", whole=True)
        if chosen.way is Way.NOTHING:
            # What a small model tells of itself is more often invented than true.
            nothing = _("We have no note on that.")
            if _parameters(version) < QUOTING_BELOW:
                return LookedUp(begins=f"{greeting}{nothing}", whole=True)
            return LookedUp(begins=nothing)
    return LookedUp()


def language_of_community() -> str:
    return Community.objects.values_list("language", flat=True).first() or settings.LANGUAGE_CODE


def _plan_for(answer: Answer, question: Message, *, now: datetime) -> Plan:
    before = question.parent.parent if question.parent is not None else None
    return plan_for(
        question.text,
        member=answer.member,
        version=answer.behaviour,
        now=now,
        before=before.text if before is not None else "",
    )


def _plan(text: str, member: Member, version: BehaviourVersion, *, now: datetime) -> Plan:
    found = retrieve(text, member=member, now=now, limit=CANDIDATES)
    return plan(text, found, parameters=_parameters(version))


def _parameters(version: BehaviourVersion) -> int:
    """Those of the model that the behaviour names; 0 when this node does not have it, and nothing will be read."""
    sha256 = version.content["model_sha256"]
    return ModelFile.objects.filter(sha256=sha256).values_list("parameters", flat=True).first() or 0


def _write_down(answer: Answer, chosen: Plan) -> None:
    with transaction.atomic():
        in_service(Lookup).filter(answer=answer).delete()
        lookup = Lookup.objects.create(member_id=answer.member_id, answer=answer, outcome=chosen.way.value)
        for number, source in enumerate(chosen.sources, 1):
            Citation.objects.create(
                member_id=answer.member_id,
                lookup=lookup,
                number=number,
                entry_id=source.found.passage.entry_id,
                version=source.found.passage.version,
                text=source.text,
            )


def _looked_up(answer: Answer, chosen: Plan) -> LookedUp:
    language = answer.member.language or language_of_community()
    return told(chosen, version=answer.behaviour, language=language, greeting=_greeting(answer))


def _greeting(answer: Answer) -> str:
    """What the engine would begin the conversation with, for answers that it does not write."""
    asked = answer.message.parent
    said = asked is not None and asked.parent is not None and asked.parent.text.strip()
    words = "" if said else str(answer.behaviour.content["greeting"])
    return f"{words} " if words else ""


def _quoted(source: Source, number: int) -> str:
    """A quotation in Markdown, with the number of its card."""
    lines = source.text.replace("\n", "\n> ")
    return f"> {lines} [{number}]"


def _passage(source: Source) -> Passage:
    return Passage(source.found.passage.title, source.text[:MAX_PASSAGE_CHARACTERS])
