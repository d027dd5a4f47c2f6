"""The measuring part of `inference.retrieval.bench`, inside an empty data folder of its own."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.core.management import call_command

from community_ai.core import clock
from consent.purposes import Purpose, Way
from consent.services import grants
from governance.models import Community, Member
from governance.services.rules import ensure_default_rules
from inference.models import PassageVector
from inference.retrieval.bench import SIZES, TIMED_QUESTIONS, BenchFailed, Growth, Report, accuracy, percentile
from inference.retrieval.embedder import Embedder, embedder
from inference.retrieval.packing import pack, unpack
from inference.retrieval.retrieve import retrieve
from inference.services import passage_vectors
from knowledge.access import in_service
from knowledge.content import Content
from knowledge.models import EntryKind, Passage
from knowledge.services import entries
from knowledge.services.entries import NewEntry
from knowledge.services.labels import ensure_default_labels

LOOKED_AT = 20
"""How far down the right entry is looked for."""
# Every twentieth entry of the filler has a label that keeps it from the member who asks.
HIDDEN = 20
BATCH = 1_000

Question = tuple[str, int, int]


def measure(work: dict[str, Any]) -> Report:
    """Fill the store with {"paragraphs", "questions", "upto"} of `bench.run` and ask. Raises BenchFailed."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    if Community.objects.exists():
        raise BenchFailed("This store belongs to a community.")
    now = clock.now()
    Community.objects.create(name="Bench", language="en", founded_at=now)
    ensure_default_rules(now=now)
    ensure_default_labels(now=now)
    author, reader = (Member.objects.create_user(name) for name in ("author", "reader"))
    grants.choose(member=author, given={Purpose.KNOWLEDGE: None}, language="en", way=Way.WELCOME, now=now)
    paragraphs, questions = work["paragraphs"], [tuple(each) for each in work["questions"]]
    small = min(SIZES[0], len(paragraphs)) if work["upto"] else 0
    growth = []
    ids = _add(author, paragraphs[:small], now=now)
    model = embedder()
    began = time.perf_counter()
    if small:
        _fill(model)
        among = [each for each in questions if each[1] < small]
        growth.append(_growth(*_ask(among[:TIMED_QUESTIONS], ids, reader, now)))
    ids += _add(author, paragraphs[small:], now=now)
    _fill(model)
    embedding_ms = (time.perf_counter() - began) * 1000 / in_service(Passage).count() if model and not small else 0.0
    found = accuracy(questions, *_ask(questions, ids, reader, now))
    random.Random(1).shuffle(questions)  # noqa: S311 the same for each run
    filler = _Filler([text for _title, text in paragraphs])
    for size in (size for size in SIZES[1:] if size <= work["upto"]):
        filler.grow(author, upto=size, model=model, now=now)
        growth.append(_growth(*_ask(questions[:TIMED_QUESTIONS], ids, reader, now)))
    return Report(found, model is not None, round(embedding_ms, 1), growth)


def _add(author: Member, paragraphs: Sequence[tuple[str, str]], *, now: datetime) -> list[UUID]:
    new = [NewEntry(kind=EntryKind.NOTE, language="en", content=Content(title, text)) for title, text in paragraphs]
    return list(entries.add_many(author=author, new=new, now=now).entry_ids)


def _fill(model: Embedder | None) -> None:
    if model is not None:
        while passage_vectors.fill(embedder=model, seconds=60.0):
            pass


def _ask(
    questions: Sequence[Question], ids: Sequence[UUID], reader: Member, now: datetime
) -> tuple[list[int | None], list[float]]:
    """The place of the right entry for each question, and the milliseconds that each took."""
    retrieve(questions[0][0], member=reader, now=now)  # loads what is loaded once
    places, times = [], []
    for text, paragraph, _article in questions:
        began = time.perf_counter()
        found = retrieve(text, member=reader, now=now, limit=LOOKED_AT)
        times.append((time.perf_counter() - began) * 1000)
        order = list(dict.fromkeys(each.passage.entry_id for each in found))
        places.append(order.index(ids[paragraph]) if ids[paragraph] in order else None)
    return places, times


def _growth(places: Sequence[int | None], times: Sequence[float]) -> Growth:
    return Growth(
        passages=in_service(Passage).count(),
        right_first=round(sum(place == 0 for place in places) / len(places), 4),
        p50_ms=percentile(times, 0.5),
        p95_ms=percentile(times, 0.95),
    )


class _Filler:
    """Paragraphs that nobody asks for: the corpus' words in any order, as common as they are there.

    Their vectors are mixtures of two real ones and noise: computing a hundred thousand would take hours, and the search
    costs the same.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._words = [word for text in texts for word in text.split()]
        self._lengths = [len(text.split()) for text in texts]
        self._random = random.Random(2)  # noqa: S311
        self._noise = np.random.default_rng(3)

    def grow(self, author: Member, *, upto: int, model: Embedder | None, now: datetime) -> None:
        """Add entries until there are `upto` passages."""
        while (missing := upto - in_service(Passage).count()) > 0:
            new = [self._entry(hidden=number % HIDDEN == 0) for number in range(min(missing, BATCH))]
            entries.add_many(author=author, new=new, now=now)
            if model is not None:
                self._vectors(model)

    def _entry(self, *, hidden: bool) -> NewEntry:
        # Not longer than one passage.
        count = min(self._random.choice(self._lengths), 150)
        words = self._random.choices(self._words, k=count)
        return NewEntry(
            kind=EntryKind.NOTE,
            language="en",
            content=Content(" ".join(words[:4])[:200], " ".join(words)),
            labels=["teachers"] if hidden else [],
        )

    def _vectors(self, model: Embedder) -> None:
        real = PassageVector.objects.order_by("pk").values_list("whole", "sentences")[: len(self._lengths)]
        rows = [unpack(bytes(whole) + bytes(parts), model.dimension) for whole, parts in real]
        done = PassageVector.objects.values("passage")
        made = []
        for pk in in_service(Passage).exclude(pk__in=done).values_list("pk", flat=True):
            one, two = self._random.sample(rows, 2)
            size = min(len(one), len(two))
            mixed = one[:size] + two[:size] + self._noise.normal(0, 0.02, (size, model.dimension)).astype(np.float32)
            mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
            made.append(
                PassageVector(passage_id=pk, model=model.name, whole=pack(mixed[:1]), sentences=pack(mixed[1:]))
            )
        PassageVector.objects.bulk_create(made, batch_size=500)
