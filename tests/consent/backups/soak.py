"""Kill -9 at random moments of backup and restore: what is there afterwards is whole, the old or the new.

    python -m tests.consent.backups.soak --moments 50

It makes a node of its own in a temporary folder, measures how long each of the two takes, and then kills a process that
does it again and again, at moments spread evenly over that time. After each kill it looks:

- backup: every file that looks like a backup opens to its last byte; what was begun is cleared by the next one;
- restore: the data folder is the old one, file by file, or the new one, whose database is what the backup says; and the
  next restore succeeds and leaves nothing beside.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Tally:
    seconds: float
    found: Counter[str] = field(default_factory=Counter)


def made_node(folder: Path, megabytes: int) -> Path:
    """A node that was set up, with a kit and with files of members that wait."""
    home = folder / "node"
    os.environ.update(COMMUNITY_AI_HOME=str(home), DJANGO_SETTINGS_MODULE="community_ai.settings", HF_HUB_OFFLINE="1")
    os.environ.pop("DATABASE_URL", None)
    for arguments in (["setup"], ["recovery_kit"]):
        subprocess.run([sys.executable, str(ROOT / "manage.py"), *arguments], check=True, stdout=subprocess.DEVNULL)
    for number in range(megabytes):
        path = home / "imports" / f"{number}" / "file"
        path.parent.mkdir(mode=0o700)
        path.write_bytes(os.urandom(1 << 20))
    return home


def killed_after(seconds: float, act: Callable[[], None]) -> bool:
    """Fork, let the child act, and kill it after a while; whether it was still at it."""
    child = os.fork()
    if child == 0:
        failed = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            act()
            failed = 0
        finally:
            os._exit(failed)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, "what was not killed must succeed"
            return False
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def digest(home: Path) -> str:
    """Of every file that a restore is about; the database's own log and the locks come and go."""
    seen = hashlib.sha256()
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.is_file() and not name.startswith(("run/", "backups/", "static/", "db.sqlite3")):
            seen.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return seen.hexdigest()


def soak(*, moments: int, megabytes: int, seed: int) -> dict[str, Tally]:
    rng, times = random.Random(seed), 3 if moments >= 10 else 1
    with tempfile.TemporaryDirectory() as folder:
        home = made_node(Path(folder), megabytes)
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        from community_ai.core.clock import now
        from consent.models import Backup, BackupState
        from consent.services import backup_folder, backups
        from consent.services.backup_reading import look_through, open_with_node
        from consent.services.snapshots import figures

        def back_up() -> None:
            call_command("backup")

        def put_back() -> None:
            call_command("restore", str(file), stdout=io.StringIO())

        def timed(act: Callable[[], None]) -> float:
            connections.close_all()
            began = time.monotonic()
            assert not killed_after(600, act)
            return time.monotonic() - began

        backup = Tally(statistics.median(timed(back_up) for _ in range(times)))
        for _ in range(moments // 2):
            before = set(home.glob("backups/*.backup"))
            connections.close_all()
            killed = killed_after(rng.uniform(0, backup.seconds * 1.05), back_up)
            backups.tidy_up(now=now())
            for path in home.glob("backups/*.backup"):
                look_through(open_with_node(path, node=backups.node_key()))
            assert not Backup.objects.under_way().exclude(state=BackupState.WAITING).exists()
            assert not list(home.glob("backups/*.part")) + list(home.glob("backups/.scratch-*"))
            added = set(home.glob("backups/*.backup")) - before
            backup.found["complete" if added else "nothing left of it" if killed else "not made"] += 1
        file = max(home.glob("backups/*.backup"))
        connections.close_all()
        restore = Tally(statistics.median(timed(put_back) for _ in range(times)))
        manifest = look_through(open_with_node(file, node=backups.node_key()))
        for _ in range(moments - moments // 2):
            (home / "ledger" / "which").write_text(str(rng.random()))
            old = digest(home)
            connections.close_all()
            killed_after(rng.uniform(0, restore.seconds * 1.05), put_back)
            if digest(home) == old:
                restore.found["the old node, untouched"] += 1
            else:
                assert not (home / "ledger" / "which").exists()
                restore.found["the new node, whole"] += 1
            tables, _ = figures(connections["default"])
            assert tables["governance_member"] == manifest.tables["governance_member"]
            assert backup_folder.newest_file() is not None
        put_back()
        assert not home.with_name("node.restoring").exists()
        return {"backup": backup, "restore": restore}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--megabytes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for name, tally in soak(**vars(options)).items():
        print(json.dumps({"what": name, "seconds": round(tally.seconds, 2), **tally.found}, ensure_ascii=False))


if __name__ == "__main__":
    main()
