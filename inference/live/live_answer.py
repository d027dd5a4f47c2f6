"""An answer while it is being written, as the event loop sees it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

from inference.services.answers import OpenAnswer, Progress


class Phase(StrEnum):
    WAITING = "waiting"
    """It stands in line; `position` and `estimate_seconds` are known once the engine has said so."""
    THINKING = "thinking"
    """The model reads the question."""
    WRITING = "writing"
    RESTARTING = "restarting"
    """The worker is away; the question is asked again when it is back."""
    PAUSED = "paused"
    """The emergency brake stops the AI; the question is asked when the community lets it answer again."""


@dataclass(eq=False)
class LiveAnswer:
    """Readers keep the length of what they have and take `text[length:]`: nothing is lost, however slow they are."""

    row: OpenAnswer
    text: str = ""
    phase: Phase = Phase.WAITING
    position: int | None = None
    estimate_seconds: float | None = None
    recorded_length: int = 0
    # The member asked to stop it, or deleted it.
    stopping: bool = False
    # The emergency brake stopped it.
    braked: bool = False
    # Its end stands in the row, or there is no row any more.
    settled: bool = False

    def progress(self) -> Progress:
        return Progress(
            answer_id=self.row.pk,
            message_id=self.row.message_id,
            member_id=self.row.member_id,
            text=self.text,
        )


@dataclass(eq=False)
class Pulse:
    """Beats when something changed in a conversation; who waits for it looks for itself what it was."""

    event: asyncio.Event = field(default_factory=asyncio.Event)
    # Messages were added, ended, or another branch was chosen: look at the rows, not only at the live answer.
    rows_changed: bool = False

    async def wait(self) -> bool:
        """Wait for the next beat; True if the rows changed since the last."""
        await self.event.wait()
        self.event.clear()
        changed, self.rows_changed = self.rows_changed, False
        return changed
