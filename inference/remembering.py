"""What memory needs from the rest of the node: to be told when a member takes their agreement back."""

from __future__ import annotations

from consent.purposes import Purpose
from consent.stopping import register_leftover, register_stop
from inference.services import memory


def begin_remembering() -> None:
    """Called once, when the apps are ready."""
    register_stop(Purpose.MEMORY, memory.stop_using)
    register_leftover(Purpose.MEMORY, memory.KIND)
