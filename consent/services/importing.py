"""Bringing a node back from an export (`import_node`): into an empty place, all of it or nothing.

    1. read the whole file once and check every byte
    2. make `HOME.restoring` with the node's key, and have a process of its own take everything in (`imported_nodes`)
    3. give that folder its name, in one step

A process that is killed before the third step leaves a marked folder that the next attempt removes. With PostgreSQL the
database was empty until the second step was complete; if only the name is missing then, the next attempt gives it.
"""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from community_ai.core.home import FOLDER_MODE, Home
from community_ai.core.keystore import key_path, write_new_key_file
from consent.backups.names import ROWS
from consent.backups.refusals import BackupRefused
from consent.services import backup_folder, backup_reading
from consent.services.backup_reading import Opened
from consent.services.folder_exchange import MARK, alone, finish_earlier, put_on_disk, require_renameable, take_place
from consent.services.imported_nodes import NotEmpty
from consent.services.restored_nodes import KNOWN_LEDGER, Settled
from consent.services.restores import KNOWN_FILE
from consent.services.restoring import NotSettled, Wanted, copy_closed, in_own_process


class NotAnExport(BackupRefused):
    code = "no-export"

    def __init__(self) -> None:
        super().__init__(_("This file is a backup, not an export: manage.py restore puts it back."))


@dataclass(frozen=True)
class Imported:
    settled: Settled
    models_missing: tuple[str, ...]


def import_node(*, opened: Opened, wanted: Wanted, key_file: Path | None = None) -> Imported:
    """`key_file`: the node's own, when the recovery code did not open the export. Raises BackupRefused; then nothing
    was changed."""
    home = wanted.home.absolute()
    new = home.with_name(home.name + ".restoring")
    if opened.head.database != ROWS:
        raise NotAnExport
    with alone(home), backup_folder.troubles_told():
        _require_empty(home)
        manifest = backup_reading.look_through(opened)
        if (settled := _finished_before(new, opened)) is None:
            finish_earlier(home, new)
            require_renameable(home)
            backup_folder.require_room(home.parent, sum(opened.head.sizes.values()))
            settled = _fill(new, opened, wanted, key_file)
        missing = tuple(
            Path(str(one["name"])).name
            for one in manifest.models
            if not (new / "models" / Path(str(one["name"])).name).exists()
        )
        put_on_disk(new)
        take_place(home, new)
    return Imported(settled, missing)


def _require_empty(home: Path) -> None:
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise NotEmpty


def _fill(new: Path, opened: Opened, wanted: Wanted, key_file: Path | None) -> Settled:
    new.mkdir(mode=FOLDER_MODE)
    try:
        (new / MARK).write_text(json.dumps({"backup": opened.head.backup}), "ascii")
        Home(new).create()
        if opened.by_code:
            write_new_key_file(Home(new), opened.node_key)
        elif key_file is not None:
            copy_closed(key_file, key_path(Home(new)))
        if wanted.ledger is not None:
            copy_closed(wanted.ledger, Home(new).ledger / f"{KNOWN_LEDGER}-0")
        if wanted.checkpoints is not None:
            copy_closed(wanted.checkpoints, Home(new).audit / KNOWN_FILE)
        settled = _ask(new, opened)
    except BaseException:
        if _finished_before(new, opened) is None:
            shutil.rmtree(new, ignore_errors=True)
        raise
    return settled


def _finished_before(new: Path, opened: Opened) -> Settled | None:
    """What an earlier attempt with the same export said, when it was complete but for the folder's name."""
    try:
        said = json.loads((new / MARK).read_text("ascii"))
        if said["backup"] != opened.head.backup or "settled" not in said:
            return None
        return _ask(new, opened, finished=said["settled"])
    except (OSError, ValueError, KeyError, NotSettled):
        return None


def _ask(new: Path, opened: Opened, finished: dict[str, int] | None = None) -> Settled:
    """Have the process of its own take everything in, or say whether it did. Raises NotSettled."""
    told = {
        "file": str(opened.path.absolute()),
        "stream_key": base64.b64encode(opened.stream_key).decode("ascii"),
        "node_key": base64.b64encode(opened.node_key).decode("ascii"),
        "finished": finished,
    }
    return in_own_process("settle_imported", told, home=new)
