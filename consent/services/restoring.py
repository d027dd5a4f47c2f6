"""Putting a node back from a backup, into a new folder that takes the place of the old one in one step.

    1. take the files out into `HOME.restoring`, with the node's key
    2. have a process of its own make that folder ready (`restored_nodes`)
    3. bring along what the present folder has: models, backups, the newest ledger of erasures, known checkpoints
    4. exchange both folders; the old one stays beside, as `HOME.before-restore-...`

A process that is killed before the fourth step leaves the node as it was, and a folder that the next attempt removes.
After it the new node is there, whole; what is left to do is to give the old folder its name.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from community_ai.core.home import FILE_MODE, FOLDER_MODE, Home
from community_ai.core.keystore import KeyStoreError, key_path, load_node_key, write_new_key_file
from community_ai.core.processes import die_with_parent
from consent.backups import keys
from consent.backups.contents import Manifest
from consent.backups.names import DATABASE_DUMP, DATABASE_FILE, ROWS, SETTINGS_FILE
from consent.backups.refusals import BackupRefused, IsAnExport, sentence_for
from consent.services import backup_folder, backup_reading, ledger, postgresql_databases
from consent.services.backup_reading import LOCK_PURPOSE, Opened
from consent.services.folder_exchange import (
    alone,
    finish_earlier,
    mark,
    put_on_disk,
    require_renameable,
    stopped,
    take_place,
)
from consent.services.restored_nodes import KNOWN_LEDGER, Expected, Settled
from consent.services.restores import KNOWN_FILE
from governance.services import checkpoint_file

RESTORED_SETTINGS = "settings-of-the-backup.json"


class OtherDatabase(BackupRefused):
    code = "other-database"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This backup was made with another kind of database. Restore it with the settings of that node "
                "(DATABASE_URL), then move it."
            )
        )


class NotSettled(BackupRefused):
    """The process that makes the folder ready refused; `sentence` is what it said."""

    code = "not-settled"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


@dataclass(frozen=True)
class Wanted:
    """`home` is the data folder to be; `ledger` and `checkpoints` are newer copies than those that are found."""

    home: Path
    ledger: Path | None = None
    checkpoints: Path | None = None


@dataclass(frozen=True)
class Restored:
    settled: Settled
    aside: Path | None
    models_missing: tuple[str, ...]


def restore(*, opened: Opened, wanted: Wanted) -> Restored:
    """Raises BackupRefused; then the present data is as it was."""
    home = wanted.home.absolute()
    new = home.with_name(home.name + ".restoring")
    if opened.head.database != connection.vendor:
        raise IsAnExport if opened.head.database == ROWS else OtherDatabase
    with alone(home), stopped(Home(home)), backup_folder.troubles_told():
        finish_earlier(home, new)
        require_renameable(home)
        backup_folder.require_room(home.parent, sum(opened.head.sizes.values()))
        new.mkdir(mode=FOLDER_MODE)
        mark(new, database="")
        database = ""
        try:
            manifest = backup_reading.take_out(opened, into=new)
            database = arrange(Home(new))
            mark(new, database=database)
            _bring_key(opened, Home(new), Home(home))
            _bring_along(opened, Home(new), Home(home), wanted)
            missing = _bring_models(manifest, Home(new), Home(home))
            settled = settle(opened, manifest, home=new, database=database, trial=False)
            _bring_backups(Home(new), Home(home))
            put_on_disk(new)
            if database:
                postgresql_databases.take_place(database)
        except BaseException:
            _forget(database)
            shutil.rmtree(new, ignore_errors=True)
            raise
        # From here on an interrupted restore is finished by the next one, never undone.
        aside = take_place(home, new)
    return Restored(settled, aside, missing)


def arrange(new: Home) -> str:
    """Move what was taken out to where a node keeps it. Returns the name of the database on the PostgreSQL server that
    a dump was loaded into, "" without one. Raises DumpFailed."""
    new.create()
    taken, dump, database = new.root / DATABASE_FILE, new.root / DATABASE_DUMP, ""
    if taken.exists():
        taken.rename(new.database)
        taken.parent.rmdir()
    chosen = new.root / SETTINGS_FILE
    if chosen.exists():
        chosen.rename(new.root / RESTORED_SETTINGS)
    if dump.exists():
        database = postgresql_databases.fresh_name()
        # Before there is one, so that the next attempt knows what to remove.
        mark(new.root, database=database)
        postgresql_databases.load(dump, name=database)
        dump.unlink()
        dump.parent.rmdir()
    return database


def _forget(database: str) -> None:
    if database:
        postgresql_databases.drop(database)


@contextmanager
def for_a_trial(new: Home) -> Iterator[str]:
    """As `arrange`; a database on the server goes with the block."""
    database = arrange(new)
    try:
        yield database
    finally:
        _forget(database)


def settle(opened: Opened, manifest: Manifest, *, home: Path, database: str, trial: bool) -> Settled:
    """Have the folder made ready by a process of its own, which is given the key: a trial has none on the disk, and the
    one of a node may be closed with a passphrase. Raises NotSettled with what that process said.
    """
    expected = Expected(
        backup=opened.head.backup,
        made_at=opened.head.made_at,
        file_name=opened.path.name,
        bytes=opened.path.stat().st_size,
        kit_id=opened.head.kit_id,
        tables=dict(manifest.tables),
        record=manifest.record,
        trial=trial,
    )
    told = {"expected": asdict(expected), "key": base64.b64encode(opened.node_key).decode("ascii")}
    return in_own_process("settle_restored", told, home=home, database=database)


def in_own_process(command: str, told: dict[str, Any], *, home: Path, database: str = "") -> Settled:
    """Have one of our commands make the folder `home` ready, and read what it says. Raises NotSettled.

    `database` names one on the PostgreSQL server of DATABASE_URL that takes the place of its own meanwhile.
    """
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(settings.BASE_DIR / "manage.py"), command],
        input=json.dumps(told),
        env=_environment(home, database),
        capture_output=True,
        text=True,
        check=False,
        # Killed with this process: nobody goes on writing into a folder that the next attempt removes.
        preexec_fn=_die_together,
    )
    try:
        said = json.loads(done.stdout.strip().rpartition("\n")[2])
        if done.returncode == 0:
            return Settled(**said)
        refused = sentence_for(said["refused"]) or said["sentence"]
    except (ValueError, KeyError, TypeError):
        refused = done.stderr.strip().rpartition("\n")[2] or sentence_for("no-match")
    raise NotSettled(refused)


def _die_together() -> None:
    die_with_parent(signal.SIGKILL)


def _environment(home: Path, database: str) -> dict[str, str]:
    own = {"COMMUNITY_AI_HOME": str(home), "DJANGO_SETTINGS_MODULE": "community_ai.settings"}
    return {**os.environ, **own, **({"DATABASE_URL": postgresql_databases.url_of(database)} if database else {})}


def _bring_key(opened: Opened, new: Home, present: Home) -> None:
    if opened.by_code:
        if new.database.exists():
            # The key is written first and never over another: so the database steps aside for a moment.
            new.database.rename(new.root / "db.waiting")
        write_new_key_file(new, opened.node_key)
        if (new.root / "db.waiting").exists():
            (new.root / "db.waiting").rename(new.database)
        return
    # As it is, closed with a passphrase or not: this node's own key opened the backup.
    path = key_path(new)
    shutil.copyfile(key_path(present), path)
    path.chmod(FILE_MODE)


def _bring_along(opened: Opened, new: Home, present: Home, wanted: Wanted) -> None:
    """Newer copies than the backup's own: the new node merges the ledger and compares the checkpoints."""
    ledgers, checkpoints = [wanted.ledger], [wanted.checkpoints]
    if not _is_another_node(present, opened):
        ledgers.append(present.ledger / ledger.FILE)
        checkpoints.insert(0, present.audit / checkpoint_file.FILE)
    for number, path in enumerate(ledgers):
        if path is not None and path.is_file():
            copy_closed(path, new.ledger / f"{KNOWN_LEDGER}-{number}")
    for path in checkpoints:
        if path is not None and path.is_file():
            copy_closed(path, new.audit / KNOWN_FILE)


def _is_another_node(present: Home, opened: Opened) -> bool:
    """Whether the folder holds a node for certain that did not make this backup; not so when its key is closed."""
    try:
        key = load_node_key(present)
    except KeyStoreError:
        return False
    return keys.node_key_id(key.derive(LOCK_PURPOSE)) != opened.head.key_id


def copy_closed(source: Path, target: Path) -> None:
    """A copy that nobody else can read."""
    target.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(FILE_MODE)


def _bring_models(manifest: Manifest, new: Home, present: Home) -> tuple[str, ...]:
    """Link the model files that the present folder has; the names of those that are nowhere.

    The worker compares a model with its hash before it loads it.
    """
    missing = []
    for model in manifest.models:
        name, size = Path(str(model["name"])).name, int(model["bytes"])
        here, there = new.models / name, present.models / name
        if here.exists():
            continue
        if there.is_file() and there.stat().st_size == size:
            _link(there, here)
        else:
            missing.append(name)
    return tuple(missing)


def _bring_backups(new: Home, present: Home) -> None:
    for path in present.backups.glob(f"*{backup_folder.SUFFIX}") if present.backups.is_dir() else ():
        _link(path, new.backups / path.name)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
