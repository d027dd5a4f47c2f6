"""What a member lets the AI remember, in a prompt: beside the question, bounded, and nothing of it is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engine import protocol
from inference.engine.client import AsyncEngineClient
from inference.engine.prompt import REMEMBERED_TOKENS, ChatTemplate, Prompt, TooLong, build_prompt, with_remembered
from inference.engine.protocol import (
    MAX_REMEMBERED,
    MAX_REMEMBERED_CHARACTERS,
    Done,
    Generate,
    Passage,
    ProtocolError,
    Turn,
)
from inference.engine.served import Served
from tests.inference.engine.conftest import behaviour, client, question, served
from tests.inference.engine.talk import ask
from tests.inference.engine.test_prompt import CHATML, CONTROL_TEXTS, DAY, characters, control_tokens

__all__ = ["behaviour", "client", "question", "served"]

MILL = Passage("The mill", "It was built in 1894 by Ferran Dask.")
QUESTION = Turn("user", "When was the mill built?")
EARLIER = (Turn("user", "Good morning."), Turn("assistant", "Good morning!"))
CHARTER = "Be kind."
FACTS = ("Call me Amara.", "I am vegetarian.")

lines = st.text(max_size=MAX_REMEMBERED_CHARACTERS).map(lambda text: " ".join(text.split()))


def build(
    turns: tuple[Turn, ...] = (QUESTION,),
    remembered: tuple[str, ...] = FACTS,
    *passages: Passage,
    limit: int = 10_000,
) -> Prompt:
    return build_prompt(
        template=ChatTemplate(CHATML, bos="", eos=""), tokenize=characters, charter=CHARTER, turns=turns, limit=limit,
        today=DAY, bos=None, passages=passages, remembered=remembered,
    )  # fmt: skip


def read(prompt: Prompt) -> str:
    return "".join(chr(token % 1_000_000) for token in prompt.tokens)


def frame(remembered: object) -> bytes:
    request = Generate("q", "m", None, "a" * 64, (QUESTION,))
    return json.dumps({**json.loads(protocol.encode(request)[4:]), "remembered": remembered}).encode()


@given(st.lists(lines, max_size=MAX_REMEMBERED).map(tuple))
def test_they_travel_as_they_are(remembered: tuple[str, ...]) -> None:
    request = Generate("q", "m", None, "a" * 64, (QUESTION,), remembered=remembered)
    assert protocol.decode_request(protocol.encode(request)[4:]) == request


@pytest.mark.parametrize(
    "remembered",
    ["x", None, [1], [["x"]], ["a\nb"], ["a\u2028b"], ["\ud800"], ["x" * 201], ["x"] * (MAX_REMEMBERED + 1)],
)
def test_everything_else_is_refused(remembered: object) -> None:
    with pytest.raises(ProtocolError, match="remembered"):
        protocol.decode_request(frame(remembered))


def test_they_stand_beside_the_last_question_and_nowhere_else() -> None:
    prompt = build((*EARLIER, QUESTION))
    text = read(prompt)
    assert [text.count(fact) for fact in FACTS] == [1, 1]
    assert "About me:\n- I am vegetarian.\n- Call me Amara.\n\nQuestion: When was the mill built?" in text
    assert text.index("Good morning!") < text.index("About me:")
    assert prompt.remembered == 2


def test_with_notes_the_notes_stay_next_to_the_question() -> None:
    text = read(build((QUESTION,), FACTS, MILL))
    assert text.index("About me:") < text.index("Our notes:") < text.index("[1] The mill") < text.index("Question:")
    assert text.count("Question:") == 1


def test_the_public_part_is_the_same_for_everybody() -> None:
    plain, mine, yours = build(remembered=()), build(), build(remembered=("I hate lentils.",))
    assert plain.prefix_tokens == mine.prefix_tokens == yours.prefix_tokens > len(CHARTER)
    assert {prompt.tokens[: prompt.prefix_tokens] for prompt in (plain, mine, yours)} == {
        plain.tokens[: plain.prefix_tokens]
    }


@given(st.lists(lines, max_size=MAX_REMEMBERED).map(tuple))
def test_they_keep_to_their_tokens_and_the_newest_stay(remembered: tuple[str, ...]) -> None:
    prompt, plain = build(remembered=remembered), build(remembered=())
    used = remembered[: prompt.remembered]
    assert sum(len(f"- {fact}\n") for fact in used) <= REMEMBERED_TOKENS
    if len(used) < len(remembered):
        assert sum(len(f"- {fact}\n") for fact in remembered[: len(used) + 1]) > REMEMBERED_TOKENS
    room = REMEMBERED_TOKENS + len("About me:\n\nQuestion: ")
    assert len(prompt.tokens) <= len(plain.tokens) + room


@pytest.mark.parametrize("limit", range(60, 400, 20))
def test_they_give_way_before_charter_question_and_notes(limit: int) -> None:
    short = Passage("The mill", "Built in 1894.")
    try:
        with_notes = build((*EARLIER, QUESTION), (), short, limit=limit)
    except TooLong:
        with pytest.raises(TooLong):
            build((*EARLIER, QUESTION), FACTS, short, limit=limit)
        return
    prompt = build((*EARLIER, QUESTION), FACTS, short, limit=limit)
    assert len(prompt.tokens) <= limit
    assert CHARTER in read(prompt) and QUESTION.content in read(prompt)
    assert ("1894" in read(prompt)) is ("1894" in read(with_notes))
    if prompt.remembered == 1:
        assert FACTS[0] in read(prompt) and FACTS[1] not in read(prompt)


@given(st.text(max_size=50), st.lists(lines, min_size=1, max_size=5))
def test_no_fact_leaves_its_line(asked: str, remembered: list[str]) -> None:
    text = with_remembered(asked, remembered, labelled=False)
    assert text.endswith(f"\n\nQuestion: {asked}")
    about = text.removesuffix(f"\n\nQuestion: {asked}").split("\n")
    assert about == ["About me:", *(f"- {each}" for each in reversed(remembered))]


@pytest.mark.parametrize("hostile", CONTROL_TEXTS)
def test_marks_of_the_template_in_them_stay_text(served: Served, hostile: str) -> None:
    def real(remembered: tuple[str, ...]) -> Prompt:
        return build_prompt(
            template=served.template, tokenize=served.model.tokenize, charter=CHARTER, turns=(QUESTION,), limit=2000,
            today=DAY, bos=served.model.leading_token, remembered=remembered,
        )  # fmt: skip

    line = " ".join(hostile.split())
    assert control_tokens(served, real((line,)).tokens) == control_tokens(served, real(("x",)).tokens)


@pytest.mark.parametrize("turns", [(QUESTION,), (*EARLIER, QUESTION)])
def test_what_lasts_ends_before_them(turns: tuple[Turn, ...]) -> None:
    prompt = build(turns)
    lasting = read(prompt)[: prompt.lasting_tokens]
    assert lasting.endswith("<|im_start|>user\n") and "About me" not in lasting
    later = build((*turns, Turn("assistant", "In 1894."), Turn("user", "By whom?")))
    assert later.tokens[: prompt.lasting_tokens] == prompt.tokens[: prompt.lasting_tokens]
    assert later.tokens[prompt.lasting_tokens] != prompt.tokens[prompt.lasting_tokens]


async def test_nothing_computed_with_them_is_kept(client: AsyncEngineClient, question: Callable[..., Generate]) -> None:
    member, talk = "memory-member", "memory-talk"

    async def after(turns: tuple[Turn, ...], *remembered: str) -> Done:
        request = question("", member=member, conversation=talk, turns=turns, max_tokens=4, remembered=remembered)
        _text, end = await ask(client, request)
        assert isinstance(end, Done)
        assert end.remembered == len(remembered)
        return end

    plain = await after((*EARLIER, QUESTION))
    told = await after((*EARLIER, QUESTION), *FACTS)
    again = await after((*EARLIER, QUESTION), *FACTS)
    # The talk before the question is kept and used again, and never a token from "About me" on.
    assert again.cached_tokens == told.cached_tokens < plain.prompt_tokens
    assert (await after((*EARLIER, QUESTION))).cached_tokens == told.cached_tokens
    assert await client.forget(member) == 1
    # In a first question there is nothing before it but what all share.
    await after((QUESTION,), *FACTS)
    assert await client.forget(member) == 0


async def test_members_at_once_hear_only_what_is_remembered_about_them(
    client: AsyncEngineClient, question: Callable[..., Generate]
) -> None:
    """All use the same name of a conversation, as an attacker might, and ask twice."""
    numbers = [f"{10_000 + 731 * place}" for place in range(6)]
    turns = (Turn("user", "What is my locker number?"),)

    async def talk(place: int) -> str:
        fact = (f"My locker number is {numbers[place]}.",)
        said = ""
        for _time in range(2):
            request = question("", member=f"locker {place}", conversation="c", turns=turns, max_tokens=12,
                               remembered=fact)  # fmt: skip
            text, end = await ask(client, request)
            assert isinstance(end, Done)
            said += text
        return said

    answers = await asyncio.gather(*map(talk, range(len(numbers))))
    for place, said in enumerate(answers):
        assert not [number for other, number in enumerate(numbers) if other != place and number in said]
    # It does say what it was told, so that a leak would have shown.
    assert sum(numbers[place] in said for place, said in enumerate(answers)) >= 2
    text, _end = await ask(client, question("", member="stranger", conversation="c", turns=turns, max_tokens=12))
    assert not [number for number in numbers if number in text]
