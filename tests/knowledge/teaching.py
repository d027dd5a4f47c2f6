"""What members say about answers and ask teachers, in short for tests."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from governance.models import Member
from knowledge.models import Correction, EntryKind, Matter, OpenQuestion, Verdict
from knowledge.services import corrections, open_questions
from knowledge.services.corrections import Answered, Said
from knowledge.services.entries import NewEntry
from tests.knowledge.conftest import JUNE, new

QUESTION = "When do we shear the alpacas?"
ANSWER = "In August, when it is dry."
BETTER = "In November, before the rains."


def answered(answer_id: UUID | None = None, **changes: Any) -> Answered:
    return Answered(
        **{"answer_id": answer_id or uuid4(), "question": QUESTION, "answer": ANSWER, "behaviour": 3, **changes}
    )


def said(**changes: Any) -> Said:
    return Said(**{"verdict": Verdict.NOT_QUITE, "matter": Matter.FACT, "better": BETTER, **changes})


def teach(member: Member, about: Answered | None = None, **changes: Any) -> Correction:
    """What the member says about an answer, handed in."""
    now, number = changes.pop("now", JUNE), changes.pop("number", 0)
    return corrections.teach(member=member, answered=about or answered(), said=said(**changes), number=number, now=now)


def ask(member: Member, text: str = QUESTION, **changes: Any) -> OpenQuestion:
    return open_questions.ask_teachers(**{"member": member, "text": text, "with_name": False, "now": JUNE, **changes})


def entry_of(title: str = QUESTION, body: str = BETTER, **changes: Any) -> NewEntry:
    return new(title, body, kind=EntryKind.QUESTION, **changes)
