"""Members who chat: on the rows alone, or with a desk on the test's event loop and a real worker behind it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from asgiref.sync import SyncToAsync
from channels.db import database_sync_to_async
from django.db import connections
from django.test import Client

from community_ai.core.clock import now
from consent.access import in_service
from governance.models import Community, Member
from inference import live
from inference.models import ANSWER_STATES, Answer, AnswerState, BehaviourVersion, Message, ModelFile
from inference.retrieval.retrieve import forget_vectors
from inference.services import behaviour, questions
from inference.services.answers import Progress
from tests.conftest import PASSWORD
from tests.inference.conftest import WorkerProcess


@pytest.fixture(scope="session", autouse=True)
def _connection_of_channels(django_db_setup: None) -> Iterator[None]:
    """Channels reads sessions in a thread of its own, whose connection must not outlive the tests' database."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture
def version(db: None, worker: WorkerProcess) -> BehaviourVersion:
    """The behaviour in force is the one that the worker knows."""
    Community.objects.create(name="Test", language="en", founded_at=now())
    return behaviour.found(behaviour=worker.behaviour, now=now())


@pytest.fixture
def owner(make_member: Callable[..., Member], version: BehaviourVersion) -> Member:
    return make_member("owner", language="en")


@pytest.fixture
def outsider(make_member: Callable[..., Member], version: BehaviourVersion) -> Member:
    """Another member of the community, with no right to anybody's conversations."""
    return make_member("outsider", language="en")


def signed_in(member: Member) -> Client:
    client = Client()
    assert client.login(username=member.username, password=PASSWORD)
    return client


def asked(member: Member, text: str, *, after: Message | None = None) -> Message:
    """A question asked; the AI's message that waits for its answer."""
    return questions.ask(
        member=member,
        conversation_id=after.conversation_id if after else None,
        after_id=after.pk if after else None,
        text=text,
        key=None,
        now=now(),
    )


def answered(message: Message, text: str, *, state: AnswerState = AnswerState.DONE, reason: str = "end") -> Message:
    """Write an end to an answer, as the desk would with what an engine said."""
    answer = in_service(Answer).get(message=message)
    ANSWER_STATES.move(answer, AnswerState.WRITING)
    ANSWER_STATES.move(answer, state, reason=reason, finished_at=now())
    message.text = text
    message.save(update_fields=["text"])
    return in_service(Message).get(pk=message.pk)


def progress_of(message: Message, text: str = "") -> Progress:
    answer = in_service(Answer).get(message=message)
    return Progress(answer_id=answer.pk, message_id=message.pk, member_id=answer.member_id, text=text)


def state_of(message_id: UUID) -> str:
    return in_service(Answer).get(message=message_id).state


@pytest_asyncio.fixture
async def chat(transactional_db: None, worker: WorkerProcess) -> AsyncIterator[live.Live]:
    """The desk and the session watch on this test's event loop."""
    await live.start(worker.socket_path)
    try:
        yield live.running()
    finally:
        await live.stop()


@pytest_asyncio.fixture
async def terse_chat(transactional_db: None, labels: None, terse_worker: WorkerProcess) -> AsyncIterator[live.Live]:
    """The desk before a worker whose answers are short, and whose model is taken for one that reads."""
    served = terse_worker.behaviour
    await in_db(behaviour.found, behaviour=served, now=now())
    file = ModelFile(
        sha256=served.model_sha256, filename="m.gguf", bytes=1, name="m", architecture="llama", context_length=8192,
        origin="test", parameters=3_000_000_000, added_at=now(),
    )  # fmt: skip
    await in_db(file.save)
    forget_vectors()
    await live.start(terse_worker.socket_path)
    try:
        yield live.running()
    finally:
        await live.stop()
        forget_vectors()


async def in_db(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)


async def until(true: Callable[[], Any], *, seconds: float = 90.0, what: str = "") -> Any:
    """Wait until the look-up in the database says something true; return it."""
    deadline = time.monotonic() + seconds
    while not (result := await in_db(true)):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain {what}"
        await asyncio.sleep(0.05)
    return result
