"""A village that knows something, a set of questions about it, and a behaviour in force."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from community_ai.core.clock import clock_at
from governance.models import Member
from inference.behaviour import Behaviour, founding_behaviour
from inference.engine.protocol import Generate
from inference.models import ModelFile
from inference.services import behaviour
from inference.services.samples import NotAnswered
from knowledge.models import Entry
from knowledge.services import question_set
from tests.inference.retrieval.village import NOTES
from tests.knowledge.conftest import JUNE, add, author, labels, person, reader, roles, teacher

__all__ = ["author", "labels", "person", "reader", "roles", "teacher"]

SHA256 = "a" * 64
KNOWN = (
    ("Who conducts the choir?", ["Pia Lund"], "The choir"),
    ("How many hives are there?", ["thirty-one", "31"], "Bees"),
    ("When is the seed library open?", ["Tuesdays"], "The seed library"),
    ("How many blades does the mill's wheel have?", ["twenty-four", "24"], "The mill"),
)
UNKNOWN = ("What is the capital of Mongolia?", "How many moons does Jupiter have?")


@pytest.fixture(autouse=True)
def _in_june() -> Iterator[None]:
    with clock_at(JUNE):
        yield


def put_in_force(content: Behaviour) -> None:
    """This behaviour, with a model of the bundled one's size: it quotes instead of writing."""
    behaviour.found(behaviour=content, now=JUNE)
    ModelFile.objects.create(
        sha256=content.model_sha256, filename="m.gguf", bytes=1, name="m", architecture="llama", context_length=1,
        origin="test", parameters=135_000_000, added_at=JUNE,
    )  # fmt: skip


@pytest.fixture
def small_model(roles: object) -> None:
    put_in_force(founding_behaviour(community_name="Test", model_sha256=SHA256))


@pytest.fixture
def village(author: Member, teacher: Member, labels: None) -> dict[str, Entry]:
    """The notes by their titles, and the set of questions about them."""
    entries = {title: add(author, title, body) for title, body in NOTES[:12]}
    for text, answers, title in KNOWN:
        question_set.add(by=teacher, text=text, answers=answers, language="en", entry_id=entries[title].pk, now=JUNE)
    for text in UNKNOWN:
        question_set.add(by=teacher, text=text, answers=[], language="en", now=JUNE)
    return entries


class Reciting:
    """What an engine says that says always the same; it keeps what it was asked."""

    def __init__(self, text: str = "I do not know.") -> None:
        self.text = text
        self.asked: list[Generate] = []

    def __call__(self, request: Generate) -> str:
        self.asked.append(request)
        return self.text


def silent(request: Generate) -> str:
    """An engine that is away."""
    raise NotAnswered("away")
