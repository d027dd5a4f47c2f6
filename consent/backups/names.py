"""What may be in a backup, and under which names. Anything else in a stream is refused, however it came in."""

from __future__ import annotations

from consent.backups.refusals import BackupDamaged

DATABASE_FILE = "database/db.sqlite3"
DATABASE_DUMP = "database/dump.pgc"
SETTINGS_FILE = "settings.json"
# Folders of the data folder that a backup takes along. Left out on purpose: keys/ (the node's key goes its own way, and
# keys of open secret votes never leave the node), run/, static/, backups/.
FOLDERS = ("audit", "ledger", "imports", "recordings", "adapters", "models")
_LONGEST_PART = 255
_DEEPEST = 8


def kind_of(name: str) -> str:
    """The kind of content that a name belongs to: "database", "settings" or a folder. Raises BackupDamaged."""
    require_safe(name)
    return name.partition("/")[0].removesuffix(".json")


def require_safe(name: str) -> None:
    """Raises BackupDamaged for a name that does not lead to a file in one of our folders."""
    if name in (DATABASE_FILE, DATABASE_DUMP, SETTINGS_FILE):
        return
    parts = name.split("/")
    fits = 2 <= len(parts) <= _DEEPEST and parts[0] in FOLDERS and all(_is_plain(part) for part in parts)
    if not fits:
        raise BackupDamaged


def _is_plain(part: str) -> bool:
    try:
        length = len(part.encode())
    except UnicodeEncodeError:
        return False
    return (
        0 < length <= _LONGEST_PART
        and part not in (".", "..")
        and part.isprintable()
        and "\\" not in part
        and ":" not in part
    )
