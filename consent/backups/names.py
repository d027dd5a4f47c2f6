"""What may be in a backup, and under which names. Anything else in a stream is refused, however it came in."""

from __future__ import annotations

from consent.backups.refusals import BackupDamaged

DATABASE_FILE = "database/db.sqlite3"
DATABASE_DUMP = "database/dump.pgc"
SETTINGS_FILE = "settings.json"
# In an export the database is rows, table by table, which fit every kind of database (`consent.rows`).
ROWS = "rows"
ROWS_INDEX = f"{ROWS}/index.json"
_ROWS_SUFFIX = ".jsonl"
# Folders of the data folder that a backup takes along. Left out on purpose: keys/ (the node's key goes its own way, and
# keys of open secret votes never leave the node), run/, static/, backups/.
FOLDERS = ("audit", "ledger", "imports", "audio-notes", "adapters", "models")
_LONGEST_PART = 255
_DEEPEST = 8


def kind_of(name: str) -> str:
    """The kind of content that a name belongs to: "database", "settings" or a folder. Raises BackupDamaged."""
    require_safe(name)
    return name.partition("/")[0].removesuffix(".json")


def rows_file(table: str) -> str:
    return f"{ROWS}/{table}{_ROWS_SUFFIX}"


def table_of(name: str) -> str:
    """The table whose rows this file holds, "" when it holds none."""
    fits = name.startswith(f"{ROWS}/") and name.endswith(_ROWS_SUFFIX)
    return name.removeprefix(f"{ROWS}/").removesuffix(_ROWS_SUFFIX) if fits else ""


def require_safe(name: str) -> None:
    """Raises BackupDamaged for a name that does not lead to a file in one of our folders."""
    if name in (DATABASE_FILE, DATABASE_DUMP, SETTINGS_FILE, ROWS_INDEX):
        return
    parts = name.split("/")
    if parts[0] == ROWS and table_of(name) and len(parts) == 2 and _is_plain(parts[1]):
        return
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
