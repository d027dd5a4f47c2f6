"""The emergency brake as pages tell of it: what it does now, and whether the community confirmed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inference.models import BehaviourVersion, Brake, BrakeMode
from inference.services import brake


@dataclass(frozen=True)
class BrakeState:
    """A brake that acts. `instead` is the version that answers meanwhile, None when the AI is paused."""

    brake: Brake
    confirmed: bool
    instead: BehaviourVersion | None

    @property
    def paused(self) -> bool:
        return self.brake.mode == BrakeMode.PAUSE


def brake_state(*, now: datetime) -> BrakeState | None:
    """None when the AI answers as decided; one query while nobody has ever pulled it."""
    acting = brake.acting(now=now)
    if acting is None:
        return None
    instead = None if acting.mode == BrakeMode.PAUSE else brake.previous(acting.version)
    return BrakeState(acting, confirmed=brake.is_confirmed(acting), instead=instead)
