"""The bundled model of 135 million parameters keeps to the manner that was voted for, because the engine sees to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from inference.behaviour import Behaviour, Wording
from inference.engine.protocol import Done, Generate, Text, Turn
from inference.engine.served import ModelOnDisk, Served
from inference.wording import contains, folded
from tests.inference.engine.talk import Engine

Question = Callable[..., Generate]
QUESTIONS = (
    "What is a river?",
    "How do I bake bread?",
    "Give me three tips for sleeping well.",
    "Why is the sky blue?",
    "Tell me a story about a dog and a bird.",
)


@pytest.fixture
def steady(behaviour: Behaviour) -> Behaviour:
    """It always takes the likeliest word, so that a test asks for the same each time."""
    return replace(behaviour, temperature_milli=0)


@pytest.fixture
def asked(engine: Engine, model: ModelOnDisk, question: Question) -> Callable[..., list[tuple[str, Done]]]:
    """Asks all at once, each as a member of its own unless told otherwise."""

    def ask(behaviour: Behaviour, *texts: str, **parts: object) -> list[tuple[str, Done]]:
        requests = [question(text, behaviour=behaviour.sha256, **{"max_tokens": 90, **parts}) for text in texts]
        for request in requests:
            engine.loop.submit(1, request, behaviour, model)
        answers = engine.answers(len(requests))
        results = []
        for request in requests:
            text, end = answers[request.id]
            assert isinstance(end, Done), end
            results.append((text, end))
        return results

    return ask


def sentences(text: str) -> list[str]:
    """A plain way to count that owes nothing to the engine's: a mark before a capital, or the end of a line."""
    pieces = re.split(r"(?<=[.!?])\s+(?=[A-Z])|\n+", re.sub(r"[:,]\s+", ", ", text))
    return [piece for piece in pieces if re.search(r"[A-Za-z]{2}", piece)]


def test_two_sentences_are_two(
    asked: Callable[..., list[tuple[str, Done]]], engine: Engine, steady: Behaviour, served: Served
) -> None:
    assert any(len(sentences(text)) > 2 for text, _ in asked(steady, *QUESTIONS))  # so the test could fail
    for text, end in asked(replace(steady, max_sentences=2), *QUESTIONS):
        assert 1 <= len(sentences(text)) <= 2, text
        assert end.reason == "end", text
        assert text == text.rstrip()
        # Nothing was computed for longer than it took to be sure that the sentence had ended.
        assert end.answer_tokens <= len(served.model.tokenize(text, False)) + 4, text
    report = engine.loop.report("s")
    assert report.running == 0
    assert report.kv_reserved < 2 * 300  # the two prefixes


def test_the_first_answer_greets_and_the_next_does_not(
    asked: Callable[..., list[tuple[str, Done]]], steady: Behaviour, served: Served
) -> None:
    polite = replace(steady, greeting="¡Hola!")
    for text, _ in asked(polite, *QUESTIONS, max_tokens=25):
        assert text.startswith("¡Hola! ")
        assert len(text) > len("¡Hola! ") + 5
    (plain,) = asked(steady, "My boat is blue.", max_tokens=20)
    ((first, greeted),) = asked(polite, "My boat is blue.", max_tokens=20, member="ana", conversation="c")
    assert greeted.prompt_tokens == plain[1].prompt_tokens + len(served.model.tokenize("¡Hola!", False))
    assert greeted.answer_tokens <= 20
    turns = (Turn("user", "My boat is blue."), Turn("assistant", first), Turn("user", "Which colour?"))
    ((second, end),) = asked(polite, "", turns=turns, member="ana", conversation="c")
    ((_, other),) = asked(polite, "", turns=turns, member="ben", conversation="c")
    assert not second.startswith("¡Hola!")
    # The conversation was kept with its greeting: little more than the new question had to be read.
    assert end.prompt_tokens == other.prompt_tokens
    assert end.cached_tokens > other.cached_tokens + len(served.model.tokenize("My boat is blue.¡Hola!", False))


def test_a_greeting_without_a_mark_is_followed_by_an_answer(
    asked: Callable[..., list[tuple[str, Done]]], behaviour: Behaviour
) -> None:
    """Left alone, the model often finds that such a greeting was all there is to say."""
    for text, _ in asked(replace(behaviour, greeting="Kia ora"), *QUESTIONS, max_tokens=40):
        assert re.match(r"Kia ora[^\w]+\w", text), text


def test_our_words_are_said_and_the_others_never(
    asked: Callable[..., list[tuple[str, Done]]], steady: Behaviour
) -> None:
    words = ("river", "rivers", "water", "bread", "flour", "sleep", "bed", "sky", "blue", "light", "dog", "bird", "the")
    ours = tuple(Wording(word, f"z{number}z") for number, word in enumerate(words))
    said = asked(replace(steady, wordings=ours), *QUESTIONS, max_tokens=60)
    for text, _ in said:
        for word in words:
            assert not contains(folded(text), word), text
    assert sum(wording.say in text.casefold() for text, _ in said for wording in ours) > len(QUESTIONS)


def test_what_is_stopped_keeps_its_greeting_and_what_was_held_back(
    engine: Engine, model: ModelOnDisk, steady: Behaviour, question: Question
) -> None:
    polite = replace(steady, greeting="¡Hola!", wordings=(Wording("river", "awa"),), max_sentences=9)
    writing = question("Tell me all about rivers.", behaviour=polite.sha256, max_tokens=200)
    engine.loop.submit(1, writing, polite, model)
    text = ""
    while not text:
        message = engine.said.get(timeout=120)
        text = message.text if isinstance(message, Text) else ""
    engine.loop.cancel(1, writing.id)
    ((rest, end),) = engine.answers(1).values()
    assert isinstance(end, Done)
    assert end.reason == "cancelled"
    assert (text + rest).startswith("¡Hola! ")
