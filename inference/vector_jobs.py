"""What the job cluster does for retrieval. It may run twice: the rows are the truth."""

from __future__ import annotations

from django.core.cache import cache
from django.db import transaction
from django_q.tasks import async_task

from community_ai.core.jobs import path_of
from inference.retrieval.embedder import embedder
from inference.services import passage_vectors

# A node runs one job at a time, and others wait for their minute: a portion ends soon and queues the next.
SECONDS = 20.0
# While one waits to run, no second one is queued: an import changes passages in hundreds of transactions.
_QUEUED = "vectors-queued"
_QUEUED_SECONDS = 900


def fill_vectors() -> None:
    """Compute vectors that are missing, and go on in another job while there are more."""
    cache.delete(_QUEUED)
    model = embedder()
    if model is not None and passage_vectors.fill(embedder=model, seconds=SECONDS):
        queue_filling()


def queue_filling() -> None:
    """Have `fill_vectors` run once the present transaction has committed, unless it waits to run already."""
    transaction.on_commit(_queue)


def _queue() -> None:
    if cache.add(_QUEUED, True, _QUEUED_SECONDS):
        async_task(path_of(fill_vectors))
