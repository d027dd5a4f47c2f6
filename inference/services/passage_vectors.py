"""Vectors of passages: computed in the background in portions, and deleted with what they were made of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from inference.models import PassageVector
from inference.retrieval.embedder import Embedder
from inference.retrieval.packing import pack
from inference.retrieval.sentences import sentences
from knowledge.access import in_service
from knowledge.models import Passage

# One portion is one call into the engine and one transaction.
PORTION = 8


@dataclass(frozen=True)
class Progress:
    """How many of the passages have a vector of the embedder in use."""

    done: int
    total: int


def progress(*, embedder: Embedder, passages: QuerySet[Passage] | None = None) -> Progress:
    """Of all passages, or of these."""
    counted = in_service(Passage) if passages is None else passages
    ready = PassageVector.objects.filter(passage=OuterRef("pk"), model=embedder.name)
    return Progress(done=counted.filter(Exists(ready)).count(), total=counted.count())


def fill(*, embedder: Embedder, seconds: float) -> int:
    """Compute vectors that are missing, for about `seconds`; returns how many passages still wait.

    Two that fill at once do some of the work twice and disturb nobody.
    """
    PassageVector.objects.exclude(model=embedder.name).delete()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        rows = list(_waiting().order_by("pk")[:PORTION])
        if not rows:
            return 0
        _write(rows, _vectors_of(rows, embedder))
    return _waiting().count()


def drop(*, passage_ids: Sequence[int]) -> None:
    """Forget the vectors of passages whose words changed; they are computed anew."""
    PassageVector.objects.filter(passage__in=passage_ids).delete()


def texts_of(passage: Passage) -> list[str]:
    """What a passage's vectors are made of: the passage under its title, then each sentence under it.

    "It is open on Tuesdays" says nothing without the title.
    """
    title = passage.title
    return [
        passage.text if passage.text.startswith(title) else f"{title}\n{passage.text}",
        *(each if each.startswith(title) else f"{title}: {each}" for each in sentences(passage.text)),
    ]


def _waiting() -> QuerySet[Passage]:
    return in_service(Passage).filter(~Exists(PassageVector.objects.filter(passage=OuterRef("pk"))))


def _vectors_of(rows: Sequence[Passage], embedder: Embedder) -> dict[int, PassageVector]:
    texts = [texts_of(row) for row in rows]
    # (all texts, D): for each passage one row, and then one for each of its sentences.
    flat = embedder.passages([text for each in texts for text in each])
    made, start = {}, 0
    for row, each in zip(rows, texts, strict=True):
        whole, parts = flat[start : start + 1], flat[start + 1 : start + len(each)]
        made[row.pk] = PassageVector(passage=row, model=embedder.name, whole=pack(whole), sentences=pack(parts))
        start += len(each)
    return made


def _write(rows: Sequence[Passage], vectors: dict[int, PassageVector]) -> None:
    with transaction.atomic():
        # What was read may be gone or have another title meanwhile: then its vector is not wanted.
        now = in_service(Passage).select_for_update().in_bulk([row.pk for row in rows])
        fine = [row.pk for row in rows if row.pk in now and texts_of(now[row.pk]) == texts_of(row)]
        # Another job may have been here first.
        PassageVector.objects.bulk_create([vectors[pk] for pk in fine], ignore_conflicts=True)
