"""What the doctor can tell about this room: the model that should answer, and the worker."""

from __future__ import annotations

import stat

from django.conf import settings

from community_ai.core.doctor import Finding, failure, ok, register_check, warning
from inference.engine.client import EngineClient, WorkerGone
from inference.engine.llama import ModelUnusable
from inference.services import behaviour, model_files

STATUS_SECONDS = 5.0


def check_model() -> Finding:
    try:
        file = model_files.serving(behaviour.behaviour_of(behaviour.in_force()))
    except behaviour.NoBehaviour:
        return warning("No community is founded yet, so no model answers.", "Open the address that `up` prints.")
    except ModelUnusable as problem:
        return failure(str(problem), "manage.py models verify, then manage.py models add with the file that is missing")
    return ok(f"{file.name} answers ({file.path.name}).")


def check_worker() -> Finding:
    path = settings.HOME.worker_socket
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        with EngineClient(path, timeout=STATUS_SECONDS) as client:
            report = client.status()
    except (OSError, WorkerGone):
        return failure(
            "The inference worker does not answer.", "Start the node: manage.py up. Its lines say why it does not stay."
        )
    if mode & 0o077:
        return failure(f"Other users of this computer can reach {path}.", f"chmod 600 {path}")
    if report.state == "model_missing":
        return failure(
            f"The worker runs but has no model: {report.problem}", "manage.py models verify, then manage.py models add"
        )
    return ok(
        f"The worker runs ({report.state}, {report.resident_mb} MB, {report.running} answers being written, "
        f"{report.queued} waiting)."
    )


def register_inference_checks() -> None:
    register_check("model", check_model)
    register_check("worker", check_worker)
