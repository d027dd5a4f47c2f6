"""What this room adds to a node's set-up."""

from __future__ import annotations

from community_ai.core import clock
from community_ai.core.home import Home
from community_ai.core.jobs import register_regular_job
from community_ai.core.setup_steps import register_setup_step
from knowledge.import_jobs import take_up_imports
from knowledge.services import audio_notes
from knowledge.services.labels import ensure_default_labels


def write_default_labels(home: Home) -> str | None:
    """Setup step: the labels of use that come with the software."""
    written = ensure_default_labels(now=clock.now())
    return f"{len(written)} labels of use are there to begin with." if written else None


def sweep_audio_notes() -> None:
    """Remove recordings that no label came to need."""
    audio_notes.sweep(now=clock.now())


def register_preparations() -> None:
    register_setup_step("labels of use", write_default_labels)
    register_regular_job("take up imports", take_up_imports, every=5)
    register_regular_job("sweep audio notes", sweep_audio_notes, every=360)
