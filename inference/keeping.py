"""What keeping conversations needs from the rest of the node: a job, and to be told of sign-outs and withdrawals."""

from __future__ import annotations

from datetime import datetime

from community_ai.core.clock import now
from community_ai.core.jobs import enqueue_on_commit, register_regular_job
from consent.purposes import Purpose
from consent.stopping import register_stop
from governance.signing_out import on_signed_out
from inference.services import keeping


def begin_keeping() -> None:
    """Called once, when the apps are ready."""
    register_regular_job("conversations that are not kept", erase_unkept_conversations, every=15)
    register_stop(Purpose.HISTORY, erase_soon)
    on_signed_out(keeping.erase_at_sign_out)


def erase_unkept_conversations() -> None:
    keeping.erase_unkept(now=now())


def erase_soon(*, member_id: int, now: datetime) -> None:
    """A member wants theirs kept no more: the job need not wait for its turn."""
    enqueue_on_commit(erase_unkept_conversations)
