"""Compiles translations: `locale/<language>/LC_MESSAGES/django.po` to the `.mo` beside it, which gettext reads.

In Python, so that a node needs no GNU gettext; the `.mo` files are not in git.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import polib


class TranslationError(Exception):
    """A .po file cannot be compiled; the text names the file and the reason."""


def compile_translations(locale_folders: Iterable[Path]) -> list[Path]:
    """Compile every .po that is newer than its .mo, or has none, and return the .mo files that were written.

    Entries marked fuzzy are left out, as GNU msgfmt does: they are guesses. Raises TranslationError; a .mo that
    stands keeps its content then.
    """
    written = []
    for folder in locale_folders:
        for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
                continue
            _compile(source, target)
            written.append(target)
    return written


def _compile(source: Path, target: Path) -> None:
    # Written beside and renamed: a process that reads it now sees the old file or the new one, never a half.
    half = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        half.write_bytes(polib.pofile(str(source), encoding="utf-8").to_binary())
        half.replace(target)
    except (OSError, UnicodeDecodeError) as problem:
        raise TranslationError(f"The translation {source} cannot be compiled: {problem}") from None
