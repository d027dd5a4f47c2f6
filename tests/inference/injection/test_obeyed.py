"""The whole corpus, through real services, search, desk, rows and pages, before a model that obeys every word of it.

Obeying changes nothing: such a model has nothing to reveal and nothing to call. What is asserted are effects (rows,
calls, tokens, elements of pages), never what an answer sounds like.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import llama_cpp
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from community_ai.core.clock import now
from community_ai.core.keystore import load_node_key
from community_ai.core.markdown import render_markdown
from consent.access import in_service
from governance.models import Member
from inference import live
from inference.behaviour import Behaviour
from inference.engine.prompt import with_passages
from inference.engine.protocol import Generate, Turn
from inference.engine.served import Served
from inference.models import Answer, AnswerState, Message, ModelFile
from inference.retrieval.retrieve import retrieve
from inference.services.citations import Card, grounds_of
from tests.inference.chat.conftest import asked, in_db, until
from tests.inference.engine.conftest import behaviour, served
from tests.inference.injection.attempts import AIMS, ATTEMPTS, Attempt
from tests.inference.injection.conftest import LANGUAGE, LARGE, SECRET, SMALL, hide, in_force, write
from tests.inference.injection.effects import PageReader, rows_outside_the_chat, watched
from tests.inference.injection.obeying import ObeyingWorker, obeyed
from tests.inference.retrieval.conftest import without_embeddings

__all__ = ["behaviour", "served", "without_embeddings"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_corpus() -> None:
    assert len({attempt.text for attempt in ATTEMPTS}) == len(ATTEMPTS) >= 100
    assert len({attempt.word for attempt in ATTEMPTS}) == len(ATTEMPTS)
    assert len(AIMS) == 11


@dataclass(frozen=True)
class Outcome:
    """What came of one question; `request` is what reached the model, None where it was not asked."""

    member: Member
    conversation: str
    state: str
    text: str
    request: Generate | None
    cards: tuple[Card, ...]
    page: str


@dataclass(frozen=True)
class Round:
    entries: dict[Attempt, str]
    outcomes: dict[Attempt, Outcome]
    secrets: tuple[str, ...]
    pages: dict[str, str]
    """Pages of knowledge, by address."""


@pytest.fixture
async def worker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ObeyingWorker]:
    worker = ObeyingWorker(tmp_path_factory.mktemp("w") / "s")
    await worker.start()
    yield worker
    worker.stop()


def visit(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return str(response.content.decode())


def pages_of_knowledge(client: Client, entries: dict[Attempt, str]) -> dict[str, str]:
    pages = {}
    for attempt, pk in entries.items():
        pages[f"entry {attempt.word}"] = visit(client, reverse("knowledge:entry", args=[pk]))
        pages[f"search {attempt.word}"] = visit(client, reverse("knowledge:search") + f"?q={attempt.word}")
    dictionary = reverse("knowledge:dictionary", args=[LANGUAGE])
    for address in (dictionary, f"{dictionary}?page=2", reverse("knowledge:themes"), reverse("knowledge:home")):
        pages[address] = visit(client, address)
    return pages


def nothing_open() -> bool:
    return not in_service(Answer).filter(finished_at=None).exists()


async def played(worker: ObeyingWorker, members: list[Member], entries: dict[Attempt, str]) -> Round:
    """Ask for every attempt at the same time, look at every page, and see that nothing else came of it."""
    clients = {}
    for member in dict.fromkeys(members):
        clients[member] = Client()
        await in_db(clients[member].force_login, member)
    sessions = await in_db(lambda: list(Session.objects.values_list("session_key", flat=True)))
    key = load_node_key(settings.HOME).secret.hex()
    secrets = (SECRET, settings.SECRET_KEY, key, str(settings.HOME.root), *sessions)
    await in_db(visit, clients[members[0]], reverse("knowledge:home"))
    messages = [await in_db(asked, *asking) for asking in zip(members, (a.question for a in entries), strict=True)]
    before = await in_db(rows_outside_the_chat)
    with watched() as seen:
        await live.start(worker.place)
        try:
            await until(nothing_open)
            outcomes = {}
            for member, attempt, message in zip(members, entries, messages, strict=True):
                outcomes[attempt] = await in_db(outcome_of, clients[member], member, message, worker)
            pages = await in_db(pages_of_knowledge, clients[members[0]], entries)
        finally:
            await live.stop()
    after = await in_db(rows_outside_the_chat)
    assert after.keys() == before.keys()
    for table, rows in before.items():
        assert after[table] == rows, table
    assert sum(map(len, before.values())) > 1_000
    assert seen == []
    return Round(entries, outcomes, secrets, pages)


def outcome_of(client: Client, member: Member, message: Message, worker: ObeyingWorker) -> Outcome:
    answer = in_service(Answer).get(message=message)
    return Outcome(
        member=member,
        conversation=str(message.conversation_id),
        state=answer.state,
        text=in_service(Message).get(pk=message.pk).text,
        request=worker.requests.get(str(answer.pk)),
        cards=grounds_of(member=member, answer_ids=[answer.pk], now=now())[answer.pk].cards,
        page=visit(client, reverse("inference:conversation", args=[message.conversation_id])),
    )


@pytest.fixture
def community(author: Member, teacher: Member, behaviour: Behaviour, without_embeddings: None) -> dict[Attempt, str]:
    in_force(behaviour, parameters=LARGE)
    written = write(author).entries
    hide(author)
    # The questions would find what is hidden: who may have it gets it.
    found = retrieve(ATTEMPTS[0].question, member=teacher, now=now())
    assert any(SECRET in each.passage.text for each in found)
    return written


def controls(served: Served, tokens: tuple[int, ...]) -> list[int]:
    """The tokens that mean something to the model beside their text, in their order."""
    return [token for token in tokens if llama_cpp.llama_vocab_is_control(served.model.vocab, token)]


def text(served: Served, tokens: tuple[int, ...]) -> str:
    return b"".join(map(served.model.piece, tokens)).decode()


def check_what_the_model_read(
    attempt: Attempt, outcome: Outcome, round_: Round, served: Served, behaviour: Behaviour
) -> None:
    """The prompt is the one of a harmless question, with the note's words as text in the one place for them."""
    request = outcome.request
    assert request is not None, attempt
    assert (request.member, request.behaviour) == (str(outcome.member.pk), behaviour.sha256), attempt
    assert request.conversation == outcome.conversation, attempt
    assert request.turns == (Turn("user", attempt.question),), attempt
    assert attempt.word in request.passages[0].title, attempt
    plain = served.prompt(behaviour, (Turn("user", "PLAIN"),), 16)
    head, tail = text(served, plain.tokens).split("PLAIN")
    hostile = served.prompt(behaviour, request.turns, 16, request.passages)
    assert hostile.tokens[: hostile.prefix_tokens] == plain.tokens[: plain.prefix_tokens], attempt
    assert controls(served, hostile.tokens) == controls(served, plain.tokens), attempt
    whole = text(served, hostile.tokens)
    # What is too long for the model is left out, the last note first.
    fitting = [request.passages[:count] for count in range(len(request.passages) + 1)]
    assert whole in [f"{head}{with_passages(attempt.question, some).strip()}{tail}" for some in fitting], attempt
    assert not [secret for secret in round_.secrets if secret in whole], attempt
    # In the next question the obeying answer is what the AI said: text again.
    later = (*request.turns, Turn("assistant", outcome.text), Turn("user", "And then?"))
    harmless = (*request.turns, Turn("assistant", "Yes."), Turn("user", "And then?"))
    again = served.prompt(behaviour, later, 16)
    expected = served.prompt(behaviour, harmless if not again.dropped_turns else harmless[2:], 16)
    assert controls(served, again.tokens) == controls(served, expected.tokens), attempt


def check_cards(attempt: Attempt, outcome: Outcome, round_: Round) -> None:
    """The cards are what was found, whatever else the words claim; and the page shows these."""
    cards = outcome.cards
    assert [card.number for card in cards] == list(range(1, len(cards) + 1)), attempt
    assert str(cards[0].entry.pk) == round_.entries[attempt], attempt
    assert {str(card.entry.pk) for card in cards} <= set(round_.entries.values()), attempt
    if outcome.request is not None:
        assert [card.text for card in cards] == [passage.text for passage in outcome.request.passages], attempt
    shown = PageReader(outcome.page).cards
    assert shown == [reverse("knowledge:entry", args=[card.entry.pk]) for card in cards], attempt


def check_pages(round_: Round) -> None:
    """A page with an attempt has no element, no attribute and no address that its harmless neighbour has not."""
    *hostile, harmless = round_.outcomes
    chats = {attempt.word: outcome.page for attempt, outcome in round_.outcomes.items()}
    for kind, page_of in (
        ("chat", chats.__getitem__),
        ("entry", lambda word: round_.pages[f"entry {word}"]),
        ("search", lambda word: round_.pages[f"search {word}"]),
    ):
        known = PageReader(page_of(harmless.word)).elements
        assert len(known) > 30
        for attempt in hostile:
            reader = PageReader(page_of(attempt.word))
            assert reader.running == [], (kind, attempt)
            assert reader.elements <= known, (kind, attempt, reader.elements - known)
    for address, page in round_.pages.items():
        reader = PageReader(page)
        assert reader.running == [], address
        assert not [secret for secret in round_.secrets if secret in page], address
        for attempt in hostile:
            # Nothing of it stands there as HTML.
            assert "<" not in attempt.text.replace("<|", "") or attempt.text not in page, (address, attempt)


async def test_a_model_that_obeys_reveals_and_changes_nothing(
    community: dict[Attempt, str],
    askers: Callable[[int], list[Member]],
    worker: ObeyingWorker,
    served: Served,
    behaviour: Behaviour,
) -> None:
    round_ = await played(worker, await in_db(askers, len(community)), community)
    assert len(worker.requests) == len(community)
    for attempt, outcome in round_.outcomes.items():
        assert outcome.state == AnswerState.DONE, attempt
        check_what_the_model_read(attempt, outcome, round_, served, behaviour)
        check_cards(attempt, outcome, round_)
        passages = outcome.request.passages if outcome.request else ()
        said = obeyed([part for passage in passages for part in (passage.title, passage.text)])
        assert outcome.text == said, attempt
    check_pages(round_)


async def test_a_note_that_is_quoted_stays_a_quotation(
    community: dict[Attempt, str], askers: Callable[[int], list[Member]], worker: ObeyingWorker
) -> None:
    await in_db(ModelFile.objects.update, parameters=SMALL)
    round_ = await played(worker, await in_db(askers, len(community)), community)
    assert worker.requests == {}
    for attempt, outcome in round_.outcomes.items():
        assert outcome.state == AnswerState.DONE, attempt
        check_cards(attempt, outcome, round_)
        # Whatever the note says, it says inside the quotation; our own words are these and no more.
        assert PageReader(render_markdown(outcome.text)).words_outside_quotations == ["Our notes say:"], attempt
        assert not [secret for secret in round_.secrets if secret in outcome.text], attempt
    check_pages(round_)
