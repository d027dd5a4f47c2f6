from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from community_ai.core.clock import now
from inference.behaviour import Behaviour
from inference.engine.served import EngineSettings, ModelOnDisk
from inference.engine.worker import Worker, WorkerRefused
from inference.services import behaviour as behaviours
from inference.services import model_files
from inference.services.serving import for_worker


class Command(BaseCommand):
    help = "Run the inference worker: it owns the model and answers on the Unix socket in the data folder."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker(
            settings.HOME.worker_socket,
            behaviours=allowed,
            models=serving,
            newest=newest_in_force,
            settings=EngineSettings(threads=settings.INFERENCE_THREADS, kv_memory_mb=settings.INFERENCE_KV_MEMORY_MB),
        )
        try:
            worker.run()
        except WorkerRefused as error:
            raise CommandError(str(error), returncode=2) from None


def allowed(sha256: str, preview: bool) -> Behaviour | None:
    """The behaviour with this hash, read from the database at each request: a decision takes effect at once."""
    close_old_connections()
    return for_worker(sha256, preview=preview, now=now())


def serving(behaviour: Behaviour) -> ModelOnDisk:
    close_old_connections()
    return model_files.serving(behaviour)


def newest_in_force() -> Behaviour | None:
    """What to load before anyone asks; None before the community is founded."""
    close_old_connections()
    try:
        return behaviours.behaviour_of(behaviours.in_force())
    except behaviours.NoBehaviour:
        return None
