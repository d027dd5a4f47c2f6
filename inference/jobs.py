"""Jobs of this room. Each takes ids, reloads, calls one service and survives running twice."""

from __future__ import annotations

import time
from functools import partial

from django.conf import settings

from community_ai.core.clock import now
from community_ai.core.jobs import enqueue
from inference.engine.client import EngineClient, WorkerGone
from inference.services import samples

# Shorter than the job cluster's time limit for one task: what is left is a new task.
SECONDS_AT_ONCE = 40.0
WORKER_SECONDS = 120.0


def answer_samples(proposal_id: int) -> None:
    """Answer the sample questions of a proposal, one after the other, as long as one task may last."""
    until = time.monotonic() + SECONDS_AT_ONCE
    try:
        with EngineClient(settings.HOME.worker_socket, timeout=WORKER_SECONDS) as client:
            ask = partial(samples.ask_worker, client)
            while samples.answer_next(proposal_id=proposal_id, now=now(), ask=ask):
                if time.monotonic() > until:
                    enqueue(answer_samples, proposal_id)
                    return
    except (WorkerGone, samples.NotAnswered):
        # The worker is away, or busy for longer than a sample may take: `answer_lacking_samples` comes back to it.
        return


def answer_lacking_samples() -> None:
    """Take up what a stopped worker or job left."""
    for proposal_id in samples.lacking():
        answer_samples(proposal_id)
