"""A real inference worker as a process of its own, for tests: `python -m tests.inference.worker_process SOCKET MODEL`.

It knows the one behaviour of `tests.inference.conftest`: founded by "Test", with the bundled model.
"""

import hashlib
import sys
from pathlib import Path

from inference.behaviour import Behaviour, founding_behaviour
from inference.engine.served import EngineSettings, ModelOnDisk
from inference.engine.worker import Worker


def behaviour_of(model: Path) -> Behaviour:
    with model.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return founding_behaviour(community_name="Test", model_sha256=sha256)


def main() -> None:
    socket_path, model = Path(sys.argv[1]), Path(sys.argv[2])
    behaviour = behaviour_of(model)
    served = ModelOnDisk(model, behaviour.model_sha256, model.stem)
    Worker(
        socket_path,
        behaviours=lambda sha256: behaviour if sha256 == behaviour.sha256 else None,
        models=lambda _behaviour: served,
        newest=lambda: behaviour,
        settings=EngineSettings(threads=2, kv_memory_mb=512),
    ).run()


if __name__ == "__main__":
    main()
