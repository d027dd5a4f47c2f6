"""A worker for one behaviour and one model file, without a node around it: for measuring and for tests.

python -m inference.engine.solo SOCKET BEHAVIOUR.json MODEL.gguf [--discussed BEHAVIOUR.json] [--threads N]
    [--kv-memory-mb N]
"""

import argparse
import json
import logging
from pathlib import Path

from inference.behaviour import Behaviour
from inference.engine.served import EngineSettings, ModelOnDisk
from inference.engine.worker import Worker


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("socket", type=Path)
    parser.add_argument("behaviour", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--discussed", type=Path, help="a behaviour for previews only")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--kv-memory-mb", type=int, default=1024)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    behaviour = _read(options.behaviour)
    discussed = _read(options.discussed) if options.discussed else None

    def known(sha256: str, preview: bool) -> Behaviour | None:
        both = (behaviour, discussed) if preview else (behaviour,)
        return next((one for one in both if one is not None and one.sha256 == sha256), None)

    model = ModelOnDisk(options.model, behaviour.model_sha256, options.model.stem)
    Worker(
        options.socket,
        behaviours=known,
        models=lambda _behaviour: model,
        settings=EngineSettings(threads=options.threads, kv_memory_mb=options.kv_memory_mb),
        newest=lambda: behaviour,
    ).run()


def _read(path: Path) -> Behaviour:
    return Behaviour.from_json(json.loads(path.read_text()))


if __name__ == "__main__":
    main()
