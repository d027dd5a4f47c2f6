"""Errors that a service raises to a person: each carries one plain sentence, and nothing was changed."""

from __future__ import annotations

from django.utils.functional import Promise


class Refused(Exception):
    """What was asked for was not done. `sentence` says why, in words for the page."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return str(self.sentence)
