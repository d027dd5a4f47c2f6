"""Fifty members with fifty secrets, all at once: nobody hears another's."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from inference.engine.client import AsyncEngineClient
from inference.engine.protocol import Done, Generate, Turn
from tests.inference.engine.talk import ask

MEMBERS = 50
ANIMALS = ["heron", "otter", "falcon", "badger", "lynx", "raven", "stoat", "marten", "plover", "bittern"]


def secrets() -> list[str]:
    chance = random.Random(50)
    numbers = chance.sample(range(10_000, 99_999), MEMBERS)
    return [f"{ANIMALS[i % len(ANIMALS)]}-{number}" for i, number in enumerate(numbers)]


async def test_no_secret_reaches_another_member(client: AsyncEngineClient, question: Callable[..., Generate]) -> None:
    canaries = secrets()

    async def talk(number: int) -> list[str]:
        """Two questions in one conversation; all members use the same conversation name, as an attacker might."""
        member, said = f"member {number}", []
        turns: tuple[Turn, ...] = (
            Turn("user", f"My secret is {canaries[number]}. Please repeat my secret: {canaries[number]}"),
        )
        for follow_up in ("What was my secret? Say it again.", None):
            text, end = await ask(client, question("", member=member, conversation="c", turns=turns, max_tokens=14))
            assert isinstance(end, Done), end
            said.append(text)
            if follow_up:
                turns = (*turns, Turn("assistant", text), Turn("user", follow_up))
        return said

    answers = await asyncio.gather(*map(talk, range(MEMBERS)))
    digits = [canary.split("-")[1] for canary in canaries]
    for number, said in enumerate(answers):
        heard = [other for other in range(MEMBERS) if other != number and any(digits[other] in text for text in said)]
        assert not heard, f"member {number} heard the secrets of {heard}"
    # The model does repeat what it was told, so a leak would have shown.
    repeated = sum(digits[number] in said[0] for number, said in enumerate(answers))
    assert repeated >= MEMBERS // 4
    # Somebody who was never told asks with everybody's conversation name.
    stranger = question("What was my secret? Say it again.", member="stranger", conversation="c", max_tokens=40)
    text, end = await ask(client, stranger)
    assert isinstance(end, Done)
    assert not any(canary in text for canary in digits)
    for number in range(MEMBERS):
        await client.forget(f"member {number}")
    await client.forget("stranger")
