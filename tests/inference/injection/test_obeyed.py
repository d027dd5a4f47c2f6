"""The whole corpus, through real services, search, desk, rows and pages, before a model that obeys every word of it.

Obeying changes nothing: such a model has nothing to reveal and nothing to call. What is asserted are effects (rows,
calls, tokens, elements of pages), never what an answer sounds like.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable
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
from inference.services.citations import grounds_of
from inference.services.lookups import plan_for, told
from inference.services.serving import serving
from tests.inference.chat.conftest import asked, in_db, until
from tests.inference.engine.conftest import behaviour, served
from tests.inference.injection.attempts import AIMS, ATTEMPTS, HARMLESS, Attempt
from tests.inference.injection.conftest import LANGUAGE, LARGE, NOT_BY_AI, SECRET, SMALL, hide, in_force, write
from tests.inference.injection.effects import PageReader, rows_outside_the_chat, watched
from tests.inference.injection.obeying import ObeyingWorker, obeyed
from tests.inference.retrieval.conftest import without_embeddings

__all__ = ["behaviour", "served", "without_embeddings"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_corpus() -> None:
    assert len({attempt.text for attempt in ATTEMPTS}) == len(ATTEMPTS) >= 100
    assert len({attempt.word for attempt in ATTEMPTS}) == len(ATTEMPTS)
    assert len(AIMS) == 11


@pytest.mark.parametrize("attempt", [each for each in ATTEMPTS if re.search(r"<[a-z]", each.text, re.IGNORECASE)])
def test_what_stood_on_a_page_as_it_was_written_would_be_seen(attempt: Attempt) -> None:
    reader = PageReader(f"<p>{attempt.text}</p>")
    assert reader.running or reader.elements


@dataclass(frozen=True)
class Outcome:
    """What came of one question; `request` is what reached the model, None where it was not asked."""

    attempt: Attempt
    conversation: str
    state: str
    text: str
    request: Generate | None
    cards: tuple[tuple[int, str, str], ...]
    """Number, entry and words of each."""


@dataclass(frozen=True)
class Talk:
    """What one member asked in one conversation, about one attempt after the other, and its page in the end."""

    member: Member
    outcomes: list[Outcome]
    page: str


@pytest.fixture
async def worker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ObeyingWorker]:
    worker = ObeyingWorker(tmp_path_factory.mktemp("w") / "s")
    await worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def entries(author: Member, teacher: Member, behaviour: Behaviour, without_embeddings: None) -> dict[Attempt, str]:
    """The ids of the attempts' entries."""
    in_force(behaviour, parameters=LARGE)
    written = write(author, (*ATTEMPTS, *HARMLESS))
    hide(author, ATTEMPTS)
    # The questions would find what is hidden: who may have it gets it.
    found = retrieve(ATTEMPTS[0].question, member=teacher, now=now())
    assert any(SECRET in each.passage.text for each in found)
    return written


@pytest.fixture
def groups(entries: dict[Attempt, str], person: Callable[..., Member]) -> dict[Member, tuple[Attempt, ...]]:
    """Members with no special role, each with the attempts that they ask about. The last one's are harmless."""
    asked_about = [ATTEMPTS[start : start + 3] for start in range(0, len(ATTEMPTS), 3)]
    return {person(f"reader{number}", "member"): each for number, each in enumerate([*asked_about, HARMLESS])}


def visit(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return str(response.content.decode())


@dataclass(frozen=True)
class Round:
    talks: list[Talk]
    entry_pages: dict[Attempt, str]
    lists: dict[str, str]
    """Other pages of knowledge on which the attempts stand, by their addresses."""
    secrets: tuple[str, ...]


async def played(
    groups: dict[Member, tuple[Attempt, ...]], entries: dict[Attempt, str], worker: ObeyingWorker
) -> Round:
    """All members ask at once, each three times in one conversation, and look at every page.

    Meanwhile nothing may be called, and no row may change but those of their own conversations.
    """
    clients = {member: Client() for member in groups}
    for member, client in clients.items():
        await in_db(client.force_login, member)
    last = {member: await in_db(asked, member, attempts[0].question) for member, attempts in groups.items()}
    outcomes: dict[Member, list[Outcome]] = {member: [] for member in groups}
    before = await in_db(rows_outside_the_chat)
    with watched() as seen:
        await live.start(worker.place)
        try:
            for place in range(3):
                asking = {member: attempts[place] for member, attempts in groups.items() if place < len(attempts)}
                for member, attempt in asking.items():
                    if place:
                        last[member] = await in_db(asked, member, attempt.question, after=last[member])
                await until(nothing_open)
                for member, attempt in asking.items():
                    outcomes[member].append(await in_db(outcome_of, member, attempt, last[member], worker))
        finally:
            await live.stop()
        talks = []
        for member, said in outcomes.items():
            address = reverse("inference:conversation", args=[said[0].conversation])
            talks.append(Talk(member, said, await in_db(visit, clients[member], address)))
        reader = clients[next(iter(groups))]
        entry_pages = {
            attempt: await in_db(visit, reader, reverse("knowledge:entry", args=[pk]))
            for attempt, pk in entries.items()
        }
        lists = await in_db(lists_of_knowledge, reader)
    assert seen == []
    after = await in_db(rows_outside_the_chat)
    assert after.keys() == before.keys()
    for table, rows in before.items():
        assert after[table] == rows, table
    assert sum(map(len, before.values())) > 1_000
    return Round(talks, entry_pages, lists, await in_db(secrets))


def nothing_open() -> bool:
    return not in_service(Answer).filter(finished_at=None).exists()


def outcome_of(member: Member, attempt: Attempt, message: Message, worker: ObeyingWorker) -> Outcome:
    answer = in_service(Answer).get(message=message)
    cards = grounds_of(member=member, answer_ids=[answer.pk], now=now())[answer.pk].cards
    return Outcome(
        attempt=attempt,
        conversation=str(message.conversation_id),
        state=answer.state,
        text=in_service(Message).get(pk=message.pk).text,
        request=worker.requests.get(str(answer.pk)),
        cards=tuple((card.number, str(card.entry.pk), card.text) for card in cards),
    )


def lists_of_knowledge(client: Client) -> dict[str, str]:
    dictionary, search = reverse("knowledge:dictionary", args=[LANGUAGE]), reverse("knowledge:search")
    addresses = [dictionary, f"{dictionary}?page=2", reverse("knowledge:themes"), reverse("knowledge:home")]
    addresses += [f"{search}?q=note&page={number}" for number in range(1, 4)]
    return {address: visit(client, address) for address in addresses}


def secrets() -> tuple[str, ...]:
    """What an answer to any of these members would have to be silent about."""
    sessions = Session.objects.values_list("session_key", flat=True)
    key = load_node_key(settings.HOME).secret.hex()
    return (SECRET, settings.SECRET_KEY, key, str(settings.HOME.root), *sessions)


async def test_nothing_comes_of_obeying(
    entries: dict[Attempt, str],
    groups: dict[Member, tuple[Attempt, ...]],
    worker: ObeyingWorker,
    served: Served,
    behaviour: Behaviour,
) -> None:
    round_ = await played(groups, entries, worker)
    assert len(worker.requests) == len(entries)
    for talk in round_.talks:
        check_what_the_model_read(talk, served, behaviour, (*round_.secrets, NOT_BY_AI))
        check_cards(talk, entries)
        for outcome in talk.outcomes:
            assert outcome.request is not None
            read = [part for passage in outcome.request.passages for part in (passage.title, passage.text)]
            assert (outcome.state, outcome.text) == (AnswerState.DONE, obeyed(read)), outcome.attempt
    check_pages(round_)
    await in_db(check_quotations, ATTEMPTS, next(iter(groups)), (*round_.secrets, NOT_BY_AI))


def check_quotations(attempts: Iterable[Attempt], member: Member, secrets: tuple[str, ...]) -> None:
    """A small model's community is answered with the notes: each says what it says inside the quotation, and our own
    words beside it are these and no more."""
    ModelFile.objects.update(parameters=SMALL)
    version = serving(now=now())
    for attempt in attempts:
        chosen = plan_for(attempt.question, member=member, version=version, now=now())
        answer = told(chosen, version=version, language="en")
        assert answer.whole, attempt
        reader = PageReader(render_markdown(answer.begins))
        assert reader.words_outside_quotations == ["Our notes say:"], attempt
        assert (reader.running, reader.elements) == ([], set()), attempt
        assert not [secret for secret in secrets if secret in answer.begins], attempt


def controls(served: Served, tokens: tuple[int, ...]) -> list[int]:
    """The tokens that mean something to the model beside their text, in their order."""
    return [token for token in tokens if llama_cpp.llama_vocab_is_control(served.model.vocab, token)]


def text(served: Served, tokens: tuple[int, ...]) -> str:
    return b"".join(map(served.model.piece, tokens)).decode()


def check_what_the_model_read(talk: Talk, served: Served, behaviour: Behaviour, secrets: tuple[str, ...]) -> None:
    """Each prompt is that of a harmless talk, with the notes' and the answers' words as text in the place of its own.

    The answers are the obeying ones from the second question on.
    """
    said: list[Turn] = []
    for outcome in talk.outcomes:
        attempt, request = outcome.attempt, outcome.request
        assert request is not None
        said.append(Turn("user", attempt.question))
        assert request.turns == tuple(said), attempt
        assert (request.member, request.behaviour) == (str(talk.member.pk), behaviour.sha256), attempt
        assert request.conversation == outcome.conversation == talk.outcomes[0].conversation, attempt
        assert attempt.word in request.passages[0].title, attempt
        hostile = served.prompt(behaviour, request.turns, 16, request.passages)
        # Old turns are left out where the model cannot read more, and then the last notes.
        kept = request.turns[hostile.dropped_turns :]
        marks = [Turn(turn.role, f"MARK{number}.") for number, turn in enumerate(kept)]
        plain = served.prompt(behaviour, tuple(marks), 16)
        assert hostile.tokens[: hostile.prefix_tokens] == plain.tokens[: plain.prefix_tokens], attempt
        assert controls(served, hostile.tokens) == controls(served, plain.tokens), attempt
        whole, expected = text(served, hostile.tokens), text(served, plain.tokens)
        for mark, turn in zip(marks[:-1], kept[:-1], strict=True):
            expected = expected.replace(mark.content, turn.content.strip())
        beside = [request.passages[:count] for count in range(len(request.passages) + 1)]
        assert whole in [
            expected.replace(marks[-1].content, with_passages(attempt.question, some).strip()) for some in beside
        ], attempt
        assert not [secret for secret in secrets if secret in whole], attempt
        said.append(Turn("assistant", outcome.text))


def check_cards(talk: Talk, entries: dict[Attempt, str]) -> None:
    """The cards are what was found, whatever else the words claim; and the page shows these."""
    shown = []
    for outcome in talk.outcomes:
        numbers, found, words = zip(*outcome.cards, strict=True)
        assert numbers == tuple(range(1, len(numbers) + 1)), outcome.attempt
        assert found[0] == entries[outcome.attempt], outcome.attempt
        assert set(found) <= set(entries.values()), outcome.attempt
        if outcome.request is not None:
            assert words == tuple(passage.text for passage in outcome.request.passages), outcome.attempt
        shown += [reverse("knowledge:entry", args=[pk]) for pk in found]
    assert PageReader(talk.page).cards == shown


def check_pages(round_: Round) -> None:
    """A page with attempts has no element, no attribute and no address that its harmless neighbour has not."""
    *hostile, harmless = round_.talks
    known = PageReader(harmless.page).elements
    assert len(known) > 30
    for talk in hostile:
        reader = PageReader(talk.page)
        assert reader.running == []
        assert reader.elements <= known, (talk.outcomes[0].attempt, reader.elements - known)
        assert not [secret for secret in round_.secrets if secret in talk.page]
    known = set().union(*(PageReader(round_.entry_pages[attempt]).elements for attempt in HARMLESS))
    for attempt in ATTEMPTS:
        reader = PageReader(round_.entry_pages[attempt])
        assert reader.running == [], attempt
        assert reader.elements <= known, (attempt, reader.elements - known)
    for page in (*round_.entry_pages.values(), *round_.lists.values()):
        reader = PageReader(page)
        assert reader.running == []
        assert not [secret for secret in round_.secrets if secret in page]
    words = "".join(round_.lists.values())
    assert all(attempt.word in words for attempt in ATTEMPTS)
