"""The community's knowledge in the chat: the desk, a real worker, the real model, and labels that hold under load."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from community_ai.core import clock
from consent.access import in_service
from governance.models import Member
from inference import live
from inference.models import Answer, AnswerState, Lookup, Message, ModelFile
from inference.retrieval.retrieve import forget_vectors
from inference.services import behaviour
from inference.services.citations import grounds_of
from knowledge.services import entries
from tests.inference.chat.conftest import asked, in_db, until
from tests.inference.conftest import WorkerProcess
from tests.inference.retrieval.conftest import model, prepared
from tests.knowledge.conftest import add, labels, person, roles

__all__ = ["labels", "model", "person", "prepared", "roles"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

JUNE, DECEMBER = (datetime(2026, month, 5, 12, tzinfo=UTC) for month in (6, 12))
QUESTION = "Under which birch does the hidden spring lie?"


@pytest.fixture(autouse=True)
def _own_vectors() -> Any:
    forget_vectors()
    yield
    forget_vectors()


@pytest.fixture
def file(labels: None, worker: WorkerProcess) -> ModelFile:
    """The behaviour in force is the one that the worker knows, and its model is this one."""
    served = worker.behaviour
    behaviour.found(behaviour=served, now=clock.now())
    return ModelFile.objects.create(
        sha256=served.model_sha256, filename="m.gguf", bytes=1, name="m", architecture="llama", context_length=8192,
        origin="test", parameters=135_000_000, added_at=clock.now(),
    )  # fmt: skip


@pytest.fixture
def author(person: Callable[..., Member], file: ModelFile) -> Member:
    return person("author", "member")


def ended(message: Message) -> Callable[[], Answer | None]:
    return lambda: in_service(Answer).filter(message=message.pk, finished_at__isnull=False).first()


def said(message: Message) -> str:
    return in_service(Message).get(pk=message.pk).text


async def test_a_note_answers_without_the_model(author: Member, prepared: Callable[[], None], chat: live.Live) -> None:
    await in_db(add, author, "The hidden spring", "The hidden spring lies under the birch of the Maroks.")
    await in_db(prepared)
    message = await in_db(asked, author, QUESTION)
    answer = await until(ended(message))
    assert (answer.state, answer.reason, answer.model_sha256, answer.answer_tokens) == (AnswerState.DONE, "end", "", 0)
    assert "under the birch of the Maroks. [1]" in await in_db(said, message)
    unknown = await in_db(asked, author, "What is the capital of Mongolia?")
    await until(ended(unknown))
    assert await in_db(said, unknown) == "We have no note on that."


async def test_a_large_model_reads_the_note(
    author: Member, file: ModelFile, prepared: Callable[[], None], chat: live.Live
) -> None:
    """The bundled model, taken for a large one: what it reads is in its answers."""
    await in_db(ModelFile.objects.update, parameters=3_000_000_000)
    await in_db(add, author, "The hidden spring", "The hidden spring lies under birch number 73914.")
    await in_db(prepared)
    messages = [await in_db(asked, author, QUESTION) for _ in range(3)]
    for message in messages:
        answer = await until(ended(message))
        assert answer.state == AnswerState.DONE
        assert answer.answer_tokens > 0
        assert (await in_db(in_service(Lookup).get, answer=answer)).outcome == Lookup.Outcome.READ
    texts = [await in_db(said, message) for message in messages]
    assert any("73914" in text for text in texts)


async def test_what_is_unknown_to_a_large_model_begins_with_saying_so(
    author: Member, prepared: Callable[[], None], chat: live.Live
) -> None:
    await in_db(ModelFile.objects.update, parameters=3_000_000_000)
    await in_db(add, author, "The hidden spring", "The hidden spring lies under the birch of the Maroks.")
    await in_db(prepared)
    message = await in_db(asked, author, "What is the capital of Mongolia?")
    answer = await until(ended(message))
    text = await in_db(said, message)
    assert text.startswith("We have no note on that.\n\n")
    assert len(text) > 40
    assert answer.answer_tokens > 0


async def test_deleting_an_entry_stops_what_is_written_from_it(
    author: Member, prepared: Callable[[], None], chat: live.Live
) -> None:
    await in_db(ModelFile.objects.update, parameters=3_000_000_000)
    entry = await in_db(add, author, "The hidden spring", "The hidden spring lies under the birch of the Maroks.")
    await in_db(prepared)
    message = await in_db(asked, author, f"Tell me a very long story. {QUESTION}")
    await until(lambda: in_service(Lookup).filter(answer__message=message.pk, outcome="read").exists())
    await in_db(entries.delete, entry_id=entry.pk, by=author, now=clock.now())
    answer = await until(ended(message), seconds=30)
    assert answer.state in (AnswerState.STOPPED, AnswerState.DONE)


@pytest.mark.parametrize("moment", [JUNE, DECEMBER], ids=["June", "December"])
async def test_many_chats_at_once_hear_nothing_that_is_kept_from_them(
    moment: datetime,
    person: Callable[..., Member],
    author: Member,
    prepared: Callable[[], None],
    chat: live.Live,
) -> None:
    """Entries for all, for teachers, for a season, and not for the AI, each with a number of its own.

    They are quoted here; where the model reads them: test_kept_back.
    """
    numbers = {"": "10101", "teachers": "20202", "seasonal": "30303", "not-by-ai": "40404"}
    for label, number in numbers.items():
        body = f"The hidden spring lies under birch number {number}."
        await in_db(add, author, f"The hidden spring {label}", body, labels=[label] if label else [])
    await in_db(prepared)
    members = [await in_db(person, f"m{i}", "member", *(["teacher"] if i % 2 else [])) for i in range(50)]
    with clock.clock_at(moment):
        messages = [await in_db(asked, member, f"{QUESTION} I am {member}.") for member in members]
        answers = await asyncio.gather(*(until(ended(message), seconds=240) for message in messages))
        grounds = [
            await in_db(grounds_of, member=member, answer_ids=[answer.pk], now=moment)
            for member, answer in zip(members, answers, strict=True)
        ]
    everything = set()
    for place, (message, answer) in enumerate(zip(messages, answers, strict=True)):
        allowed = {""} | ({"teachers"} if place % 2 else set()) | ({"seasonal"} if moment == DECEMBER else set())
        shown = [await in_db(said, message), *(card.text for card in grounds[place][answer.pk].cards)]
        heard = {label for label, number in numbers.items() if number in " ".join(shown)}
        assert heard <= allowed
        everything |= heard
    # What is allowed does come through, so that a leak would have shown.
    assert everything
