"""A small community with a founded AI; no model is needed to decide about one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from community_ai.core.clock import clock_at
from governance.models import Member
from inference.behaviour import founding_behaviour
from inference.models import BehaviourVersion
from inference.services import behaviour
from tests.governance.decisions.conftest import NOON, browser_of, later, make_community
from tests.inference.behaviours.visits import changed

__all__ = ["browser_of"]

MODEL = "a" * 64
WHEN = later(days=40)
"""When the pages are visited; what the members decided before is over."""


@pytest.fixture
def members(db: None) -> list[Member]:
    """Three members; the first one is the admin, who may pull the brake."""
    return make_community(3)


@pytest.fixture
def first(members: list[Member]) -> BehaviourVersion:
    """The founder's version, provisional."""
    return behaviour.found(behaviour=founding_behaviour(community_name="Weavers", model_sha256=MODEL), now=NOON)


@pytest.fixture
def second(members: list[Member], first: BehaviourVersion) -> BehaviourVersion:
    """A version that a vote put in force: at most two sentences."""
    return changed(members, max_sentences=2, now=NOON)


@pytest.fixture
def pages_clock() -> Iterator[None]:
    with clock_at(WHEN):
        yield
