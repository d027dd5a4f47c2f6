"""Telling talk from questions that a note could answer: "How are you?" has no answer in the community's knowledge.

A question is talk when its vector is nearly that of one of a few such sentences, in whatever language it is asked.
Tried with 26 of them in six languages, of which 25 were told, and with 223 questions about facts, of which none was
taken for talk (docs/retrieval.md).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from inference.retrieval.embedder import Vectors, embedder

SENTENCES = (
    "How are you?",
    "Who are you?",
    "What can you do?",
    "Can you help me?",
    "Can you say that again in simpler words?",
    "What do you mean by that?",
    "Can you write a text for me?",
    "Can you translate this for me?",
    "Shall we talk a little?",
)
NEAR = 0.885
"""The cosine from which a sentence counts as one of these."""


def is_talk(text: str) -> bool:
    """False for everything on a machine without embeddings."""
    model = embedder()
    return model is not None and bool((_vectors() @ model.queries([text])[0]).max() >= NEAR)


@cache
def _vectors() -> Vectors:
    model = embedder()
    return model.queries(SENTENCES) if model else np.zeros((1, 1), np.float32)
