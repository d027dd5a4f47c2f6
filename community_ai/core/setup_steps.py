"""What `manage.py setup` does, step by step; every app adds its own.

A step says what it did in one sentence, or None when there was nothing to do, and survives running twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from community_ai.core.home import Home


@dataclass(frozen=True)
class SetupStep:
    name: str
    run: Callable[[Home], str | None]


_steps: list[SetupStep] = []


def register_setup_step(name: str, run: Callable[[Home], str | None], *, first: bool = False) -> None:
    """Add a step after those registered so far, or before them all: other apps are ready before the core is."""
    if name in {step.name for step in _steps}:
        raise ValueError(f"there is a setup step named {name!r} already")
    _steps.insert(0 if first else len(_steps), SetupStep(name, run))


def setup_steps() -> Iterator[SetupStep]:
    yield from _steps
