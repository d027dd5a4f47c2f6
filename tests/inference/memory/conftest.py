"""Members about whom the AI may remember something."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from community_ai.core.clock import now
from consent.purposes import Purpose
from governance.models import Member
from inference.models import BehaviourVersion, Remembered
from inference.services import memory
from tests.agreeing import agree
from tests.inference.chat.conftest import chat, version

__all__ = ["chat", "version"]


@pytest.fixture
def amara(make_member: Callable[..., Member], version: BehaviourVersion) -> Member:
    member = make_member("amara", language="en")
    agree(member, to=[Purpose.MEMORY, Purpose.HISTORY])
    return member


@pytest.fixture
def outsider(make_member: Callable[..., Member], version: BehaviourVersion) -> Member:
    """Another member, who lets the AI remember something too."""
    member = make_member("outsider", language="en")
    agree(member, to=[Purpose.MEMORY])
    return member


def tell(member: Member, *texts: str) -> list[Remembered]:
    """Have the AI remember these, one after the other."""
    return [memory.remember(member=member, text=text, source=Remembered.Source.PAGE, now=now()) for text in texts]
