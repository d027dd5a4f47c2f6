"""What goes into a backup beside the database: files below the data folder, and settings without secrets."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

from community_ai.core.logs import Plain
from consent.backups.contents import BLOCK_BYTES
from consent.backups.names import FOLDERS, SETTINGS_FILE, require_safe
from consent.backups.refusals import BackupDamaged
from governance.audit.checkpoint import Checkpoint, NoteError
from governance.services import checkpoint_file

logger = logging.getLogger(__name__)

CHECKPOINTS = f"audit/{checkpoint_file.FILE}"
# What a person chose for this node and may need to know on another computer; never what opens something.
_PREFIX = "COMMUNITY_AI_"
_SECRETS = ("PASSWORD", "SECRET", "KEY", "TOKEN")


def folders(*, with_models: bool) -> tuple[str, ...]:
    return tuple(name for name in FOLDERS if with_models or name != "models")


def size_of_files(*, with_models: bool) -> dict[str, int]:
    """Bytes by folder, as they are now."""
    sizes = dict.fromkeys(folders(with_models=with_models), 0)
    for name, path in _files(with_models):
        try:
            sizes[name.partition("/")[0]] += path.stat().st_size
        except FileNotFoundError:
            continue
    return sizes


def files(*, with_models: bool, record: int) -> Iterator[tuple[str, int, Callable[[], Iterator[bytes]]]]:
    """(name, mode, blocks) of each file; one that goes away meanwhile is left out.

    Checkpoints that were signed after the database's copy was taken, of more than `record` entries, are left out, so
    that both belong together.
    """
    for name, path in _files(with_models):
        if name == CHECKPOINTS:
            lines = _checkpoints(path, record)
            yield name, 0o600, lambda lines=lines: iter([lines])  # type: ignore[misc]
            continue
        try:
            file = path.open("rb")
        except FileNotFoundError:
            continue
        with file:
            mode = os.fstat(file.fileno()).st_mode & 0o700
            yield name, mode, lambda file=file: iter(lambda: file.read(BLOCK_BYTES), b"")  # type: ignore[misc]
    yield SETTINGS_FILE, 0o600, lambda: iter([_settings()])


def _files(with_models: bool) -> Iterator[tuple[str, Path]]:
    root = settings.HOME.root
    for folder in folders(with_models=with_models):
        for place, _, names in os.walk(root / folder):
            for file_name in sorted(names):
                path = Path(place) / file_name
                name = path.relative_to(root).as_posix()
                if path.is_symlink() or not path.is_file():
                    continue
                try:
                    require_safe(name)
                except BackupDamaged:
                    logger.warning("A file below %s has a name that no backup takes, and is left out", Plain(folder))
                    continue
                yield name, path


def _checkpoints(path: Path, record: int) -> bytes:
    """The file's lines up to that many entries; a file that cannot be read goes along as it is."""
    data = path.read_bytes()
    try:
        kept = checkpoint_file.read()
        fitting = sum(1 for one in kept if Checkpoint.parse(one.note.rpartition("\n\n")[0] + "\n").size <= record)
    except (checkpoint_file.FileDamaged, NoteError):
        return data
    return b"".join(data.splitlines(keepends=True)[:fitting])


def _settings() -> bytes:
    chosen = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_PREFIX) and not any(word in name for word in _SECRETS)
    }
    return json.dumps(chosen, indent=1, sort_keys=True, ensure_ascii=False).encode()
