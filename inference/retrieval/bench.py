"""How well and how fast passages are found: a file in SQuAD format, asked through the real services.

Runs in a process of its own over a throw-away data folder, with SQLCipher, the real labels and a member who reads what
another one wrote: `manage.py bench_retrieval --in-empty-store` reads the work as JSON and writes a report as JSON.
Every paragraph is an entry under its article's title, every question a query; right is the entry that holds its answer.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from community_ai.core.home import Home
from community_ai.core.keystore import create_node_key

SIZES = (100, 1_000, 10_000, 100_000)
IN_STORE = "--in-empty-store"
TIMED_QUESTIONS = 200
"""Questions for each size of the growth."""


class BenchFailed(Exception):
    """The work could not be done; the text says why."""


@dataclass(frozen=True)
class Corpus:
    """A file in SQuAD format: (title, text) of each paragraph, and (text, number of the paragraph, number of the
    article) of each question."""

    paragraphs: list[tuple[str, str]]
    questions: list[tuple[str, int, int]]


@dataclass(frozen=True)
class Accuracy:
    """Shares of the questions, 0 to 1, and milliseconds for one.

    `even_articles` and `odd_articles` are the shares of right first places on the questions of either half: whoever
    chooses something by measuring looks at the first and reports the second.
    """

    questions: int
    right_first: float
    right_in_five: float
    reciprocal_rank: float
    even_articles: float
    odd_articles: float
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Growth:
    """The same with so many passages in the store, most of them filler."""

    passages: int
    right_first: float
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Report:
    accuracy: Accuracy
    meaning: bool
    """Whether embeddings took part."""
    embedding_ms: float
    """For one passage with its sentences, 0 without embeddings."""
    growth: list[Growth]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Report:
        growth = [Growth(**row) for row in data["growth"]]
        return cls(**{**data, "accuracy": Accuracy(**data["accuracy"]), "growth": growth})


def read_squad(path: Path) -> Corpus:
    """Raises BenchFailed for a file that is not in SQuAD format."""
    paragraphs: list[tuple[str, str]] = []
    questions: list[tuple[str, int, int]] = []
    try:
        articles = json.loads(path.read_text("utf-8"))["data"]
        for number, article in enumerate(articles):
            title = str(article.get("title") or f"Article {number + 1}").replace("_", " ")
            for place, paragraph in enumerate(article["paragraphs"], 1):
                questions += [(str(each["question"]), len(paragraphs), number) for each in paragraph["qas"]]
                paragraphs.append((f"{title} ({place})", str(paragraph["context"])))
    except OSError as error:
        raise BenchFailed(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BenchFailed(f"{path} is not in SQuAD format.") from error
    if not questions:
        raise BenchFailed(f"{path} holds no questions.")
    return Corpus(paragraphs, questions)


def run(passages: Path, questions: Path | None, *, upto: int, checkout: Path) -> Report:
    """Measure in a throw-away store. `questions` is a second file with the same paragraphs in another language.

    The store grows through SIZES up to `upto` passages. Raises BenchFailed.
    """
    corpus = read_squad(passages)
    if questions is not None:
        other = read_squad(questions)
        if len(other.paragraphs) != len(corpus.paragraphs):
            raise BenchFailed(f"{questions} does not have the paragraphs of {passages}.")
        corpus = Corpus(corpus.paragraphs, other.questions)
    with tempfile.TemporaryDirectory(prefix="retrieval-bench-") as folder:
        home = Home(Path(folder) / "home")
        home.create()
        create_node_key(home)
        home.database.touch(mode=0o600)
        env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        env.update(COMMUNITY_AI_HOME=str(home.root), DJANGO_SETTINGS_MODULE="community_ai.settings")
        work = {"paragraphs": corpus.paragraphs, "questions": corpus.questions, "upto": upto}
        done = subprocess.run(  # noqa: S603 our own command
            [sys.executable, "manage.py", "bench_retrieval", IN_STORE],
            cwd=checkout,
            env=env,
            input=json.dumps(work),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise BenchFailed("The measuring process ended with an error; its lines above say which.")
    return Report.from_json(json.loads(done.stdout))


def accuracy(
    questions: Sequence[tuple[str, int, int]], places: Sequence[int | None], times: Sequence[float]
) -> Accuracy:
    """`places` are those of the right entries, from 0, None for what was not found."""
    first = [place == 0 for place in places]
    even = [right for right, (_text, _paragraph, article) in zip(first, questions, strict=True) if article % 2 == 0]
    odd = [right for right, (_text, _paragraph, article) in zip(first, questions, strict=True) if article % 2]
    return Accuracy(
        questions=len(places),
        right_first=_share(first),
        right_in_five=_share([place is not None and place < 5 for place in places]),
        reciprocal_rank=round(sum(0 if place is None else 1 / (place + 1) for place in places) / len(places), 4),
        even_articles=_share(even),
        odd_articles=_share(odd),
        p50_ms=percentile(times, 0.5),
        p95_ms=percentile(times, 0.95),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile, rounded to a tenth."""
    ordered = sorted(values)
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1)


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
