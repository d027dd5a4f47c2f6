"""A small community with a founded AI; no model is needed to decide about one."""

from __future__ import annotations

import pytest

from governance.models import Member
from inference.behaviour import founding_behaviour
from inference.models import BehaviourVersion
from inference.services import behaviour
from tests.governance.decisions.conftest import NOON, make_community

MODEL = "a" * 64


@pytest.fixture
def members(db: None) -> list[Member]:
    """Three members; the first one is the admin, who may pull the brake."""
    return make_community(3)


@pytest.fixture
def first(members: list[Member]) -> BehaviourVersion:
    """The founder's version, provisional."""
    return behaviour.found(behaviour=founding_behaviour(community_name="Weavers", model_sha256=MODEL), now=NOON)
