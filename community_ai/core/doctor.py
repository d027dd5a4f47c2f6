"""Checks of the node's health, each with its cure. Every app registers what it can tell about its own room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from community_ai.core.logs import words_of


class Health(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True)
class Finding:
    """What one check saw: a sentence, and for anything but OK what to do about it."""

    health: Health
    sentence: str
    cure: str = ""

    def as_dict(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}


def ok(sentence: str) -> Finding:
    return Finding(Health.OK, sentence)


def warning(sentence: str, cure: str) -> Finding:
    return Finding(Health.WARNING, sentence, cure)


def failure(sentence: str, cure: str) -> Finding:
    return Finding(Health.FAILURE, sentence, cure)


_checks: dict[str, Callable[[], Finding]] = {}


def register_check(name: str, check: Callable[[], Finding]) -> None:
    """Add a check under a short name such as "database"; checks run in the order of registration."""
    if name in _checks:
        raise ValueError(f"there is a check named {name!r} already")
    _checks[name] = check


def examine() -> Iterator[tuple[str, Finding]]:
    """Run every check. A check that breaks is itself a failure, never the end of the examination."""
    for name, check in _checks.items():
        try:
            yield name, check()
        except Exception as error:  # what broke is the finding
            yield (
                name,
                failure(f"The check did not finish: {words_of(error)}", "See the lines above it first."),
            )
