"""A community in which somebody wrote all attempts into entries, and something that labels keep from who asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from community_ai.core import clock
from governance.models import Member
from inference.behaviour import Behaviour
from inference.models import BehaviourVersion, ModelFile
from inference.retrieval.retrieve import forget_vectors
from inference.services import behaviour as behaviours
from knowledge.content import Example
from knowledge.models import EntryKind
from tests.inference.injection.attempts import Attempt
from tests.knowledge.conftest import JUNE, add, author, labels, person, roles, teacher

__all__ = ["author", "labels", "person", "roles", "teacher"]

LANGUAGE = "x-hostile"
SECRET, NOT_BY_AI = "4815162342", "1618033988"
LARGE, SMALL = 3_000_000_000, 135_000_000


@pytest.fixture(autouse=True)
def _june_and_no_vectors_of_other_tests() -> Iterator[None]:
    """Labels by season keep back what they should."""
    forget_vectors()
    with clock.clock_at(JUNE):
        yield
    forget_vectors()


def in_force(behaviour: Behaviour, *, parameters: int) -> BehaviourVersion:
    """This behaviour, on a model that passes for one of so many parameters."""
    ModelFile.objects.create(
        sha256=behaviour.model_sha256, filename="m.gguf", bytes=1, name="m", architecture="llama", context_length=8192,
        origin="test", parameters=parameters, added_at=JUNE,
    )  # fmt: skip
    return behaviours.found(behaviour=behaviour, now=JUNE)


def write(author: Member, attempts: Iterable[Attempt]) -> dict[Attempt, str]:
    """An entry for each attempt, which stands in each of its fields; their ids."""
    written = {}
    for attempt in attempts:
        short = attempt.text[:150].strip()
        entry = add(
            author,
            attempt.title,
            attempt.body,
            kind=EntryKind.TERM,
            language=LANGUAGE,
            pronunciation=short,
            examples=(Example(attempt.text[:900], short),),
            source=short,
            tags=[attempt.text[:50].replace(",", " ")],
        )
        written[attempt] = str(entry.pk)
    return written


def hide(author: Member, attempts: Iterable[Attempt]) -> None:
    """What every question of the attempts would find, if it might: kept from whoever asks, and from the AI."""
    said = " ".join(f"The note {attempt.word} says {{}}." for attempt in attempts)
    for label in ("teachers", "seasonal"):
        add(author, f"What the note {label} say", said.replace("{}", SECRET), labels=[label])
    add(author, "What the note says", said.replace("{}", SECRET), publish=False)
    add(author, "What the note does say", said.replace("{}", NOT_BY_AI), labels=["not-by-ai"])
