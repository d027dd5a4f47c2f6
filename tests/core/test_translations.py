"""Compiling translations without GNU gettext."""

from __future__ import annotations

import gettext
import os
from pathlib import Path

import pytest

from community_ai.core.translations import TranslationError, compile_translations

SPANISH = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Good morning"
msgstr "Buenos días"

msgctxt "of a vote"
msgid "Open"
msgstr "Abierta"

msgid "%(n)s member"
msgid_plural "%(n)s members"
msgstr[0] "%(n)s miembro"
msgstr[1] "%(n)s miembros"

#, fuzzy
msgid "Good night"
msgstr "Buenas tardes"
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "es" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(SPANISH, "utf-8")
    return path


def test_gettext_reads_what_was_compiled(tmp_path: Path, source: Path) -> None:
    assert compile_translations([tmp_path]) == [source.with_suffix(".mo")]
    spanish = gettext.translation("django", tmp_path, ["es"])
    assert spanish.gettext("Good morning") == "Buenos días"
    assert spanish.pgettext("of a vote", "Open") == "Abierta"
    assert [spanish.ngettext("%(n)s member", "%(n)s members", n) for n in (1, 2)] == ["%(n)s miembro", "%(n)s miembros"]
    assert spanish.gettext("Good night") == "Good night", "a fuzzy entry is a guess and must not be shown"
    assert sorted(path.name for path in source.parent.iterdir()) == ["django.mo", "django.po"]


def test_only_what_changed_is_compiled_again(tmp_path: Path, source: Path) -> None:
    compile_translations([tmp_path])
    assert compile_translations([tmp_path]) == []
    source.write_text(SPANISH.replace("Buenos días", "Hola"), "utf-8")
    later = source.with_suffix(".mo").stat().st_mtime_ns + 1
    os.utime(source, ns=(later, later))
    assert compile_translations([tmp_path]) == [source.with_suffix(".mo")]
    assert gettext.translation("django", tmp_path, ["es"]).gettext("Good morning") == "Hola"


@pytest.mark.parametrize("damage", [b'msgid "a"\nnonsense\n', b'msgid "a"\nmsgstr "\xff\xfe"\n'])
def test_a_damaged_source_is_named_and_the_old_translation_stays(tmp_path: Path, source: Path, damage: bytes) -> None:
    compile_translations([tmp_path])
    before = source.with_suffix(".mo").read_bytes()
    source.write_bytes(damage)
    later = source.with_suffix(".mo").stat().st_mtime_ns + 1
    os.utime(source, ns=(later, later))
    with pytest.raises(TranslationError, match=r"es/LC_MESSAGES/django\.po"):
        compile_translations([tmp_path])
    assert source.with_suffix(".mo").read_bytes() == before
