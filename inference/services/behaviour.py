"""Which behaviour answers, and where the worker finds one by its hash."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from inference.behaviour import Behaviour, founding_behaviour
from inference.models import BehaviourVersion


class NoBehaviour(Exception):
    """The community has no behaviour yet: it was not founded."""


def current() -> BehaviourVersion:
    """The version in force. Raises NoBehaviour."""
    version = BehaviourVersion.objects.in_force()
    if version is None:
        raise NoBehaviour
    return version


def in_force_by_hash(sha256: str) -> Behaviour | None:
    """The behaviour with this hash, None unless it is the one in force: what the worker may load."""
    version = BehaviourVersion.objects.in_force()
    return Behaviour.from_json(version.content) if version is not None and version.sha256 == sha256 else None


def register_founding_version(*, community_name: str, model_sha256: str, now: datetime) -> BehaviourVersion:
    """Write the first version, provisional until the members ratify it. The model is named by its file's SHA-256."""
    return register(
        behaviour=founding_behaviour(community_name=community_name, model_sha256=model_sha256),
        provisional=True,
        now=now,
    )


def register(*, behaviour: Behaviour, provisional: bool, now: datetime) -> BehaviourVersion:
    """Append a version; from its commit on it is the one in force."""
    last = BehaviourVersion.objects.aggregate(last=Max("number"))["last"] or 0
    return BehaviourVersion.objects.create(
        number=last + 1,
        sha256=behaviour.sha256,
        content=behaviour.to_json(),
        provisional=provisional,
        made_at=now,
    )
