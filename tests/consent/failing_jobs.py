"""A job that fails with somebody's words in its error."""

from __future__ import annotations


def fail(words: str) -> None:
    raise LookupError(f"nothing about {words}")
