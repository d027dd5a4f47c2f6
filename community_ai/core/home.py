"""The data folder: one place for everything that a community's node keeps.

Moving the folder moves the community. Nothing outside it is written at run time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600


@dataclass(frozen=True)
class Home:
    """Where each thing lies below `COMMUNITY_AI_HOME`."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "db.sqlite3"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def adapters(self) -> Path:
        return self.root / "adapters"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def audit(self) -> Path:
        return self.root / "audit"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger"

    @property
    def imports(self) -> Path:
        return self.root / "imports"

    @property
    def audio_notes(self) -> Path:
        return self.root / "audio-notes"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def worker_socket(self) -> Path:
        return self.run / "worker.sock"

    def folders(self) -> tuple[Path, ...]:
        return (self.root, self.keys, self.models, self.adapters, self.backups, self.audit, self.ledger, self.imports,
                self.audio_notes, self.logs, self.run)  # fmt: skip

    def create(self) -> list[Path]:
        """Create what is missing with mode 0700 and return what was created; existing folders stay as they are."""
        created = []
        for folder in self.folders():
            if not folder.exists():
                folder.mkdir(mode=FOLDER_MODE, parents=True)
                folder.chmod(FOLDER_MODE)
                created.append(folder)
        return created


def home_from_environment(*, checkout: Path) -> Home:
    """The folder named by `COMMUNITY_AI_HOME`, else `var/` in the checkout; always absolute."""
    return Home(Path(os.environ.get("COMMUNITY_AI_HOME") or checkout / "var").expanduser().resolve())
