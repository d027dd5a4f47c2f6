"""The operator's way: the same imports and exports from the terminal."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from consent.access import own
from governance.models import Member
from knowledge import access
from knowledge.models import Entry, ImportBatch, ImportState
from knowledge.services import import_work, imports
from knowledge.services.import_sifting import PORTION
from tests.knowledge.conftest import JUNE, add
from tests.knowledge.importing import csv_of, planned


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def titles(member: Member) -> list[str]:
    return sorted(access.visible(Entry, member=member, now=JUNE).values_list("title", flat=True))


def test_a_list_from_the_terminal(teacher: Member, reader: Member, tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_bytes(csv_of(PORTION + 1))
    said = run("import_knowledge", path, "--language", "x-velari", "--kind", "term", "--theme", "Lists")
    assert "201 entries: 201 new" in said
    assert f"{PORTION} of 201 imported" in said
    assert "201 entries are part of the knowledge now." in said
    assert len(titles(reader)) == 201
    entry = access.visible(Entry, member=reader, now=JUNE).get(title="word7")
    assert (entry.language, entry.kind, entry.author) == ("x-velari", "term", teacher)
    assert sorted(entry.tags.values_list("name", flat=True)) == ["Lists", "Things"]
    with pytest.raises(CommandError, match="nothing new"):
        run("import_knowledge", path, "--language", "x-velari")
    assert not own(ImportBatch, member=teacher).filter(state__in=imports.OPEN).exists()


def test_columns_tables_and_texts_can_be_named(teacher: Member, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "# Tales\n\nOnce.\n\n| x | y | z |\n|---|---|---|\n| 1 | eins | one |\n\n# More\n\nAgain.\n", "utf-8"
    )
    said = run("import_knowledge", path, "--text", "--at-headings", "--kind", "story", "--dry-run")
    assert "2 entries: 2 new" in said
    assert not Entry.objects.exists()
    run("import_knowledge", path, "--table", 1, "--columns", "ignore,meaning,word", "--headings", "--language", "de")
    assert titles(teacher) == ["one"]
    for arguments, sentence in (
        (("--table", 2), "This file has 1 tables"),
        (("--columns", "word,spell", "--table", 1), "There are: word, meaning"),
        (("--columns", "word", "--table", 1), "look at --meaning"),
        (("--language", "no language"), "look at --language"),
        (("--label", "unheard"), "There is no such label"),
        (("--member", "nobody"), "There is no member named nobody"),
    ):
        with pytest.raises(CommandError, match=sentence):
            run("import_knowledge", path, *arguments)
    assert not own(ImportBatch, member=teacher).filter(state__in=imports.OPEN).exists()


def test_what_cannot_be_read_is_said_in_a_sentence(teacher: Member, reader: Member, tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        file.truncate(200 << 20)
    with pytest.raises(CommandError, match="too large: at most 50 MB"):
        run("import_knowledge", big)
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4 nothing more")
    with pytest.raises(CommandError, match="damaged"):
        run("import_knowledge", tmp_path / "a.pdf")
    with pytest.raises(CommandError, match=r"cannot be read: No such file"):
        run("import_knowledge", tmp_path / "none.csv")
    with pytest.raises(CommandError, match="Only members who review"):
        run("import_knowledge", tmp_path / "a.pdf", "--member", "reader")


def test_the_same_command_goes_on_with_what_was_begun(teacher: Member, tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_bytes(csv_of(PORTION * 2))
    batch = planned(teacher, path.read_bytes())
    imports.begin(member=teacher, batch_id=batch.pk, now=JUNE)
    import_work.carry_on(batch_id=batch.pk, now=JUNE, seconds=0)
    assert "goes on where it stopped" in run("import_knowledge", path)
    assert own(ImportBatch, member=teacher).get().state == ImportState.DONE
    assert len(titles(teacher)) == PORTION * 2


def test_a_copy_from_the_terminal(teacher: Member, reader: Member, tmp_path: Path) -> None:
    add(teacher, "open")
    add(teacher, "closed", labels=["teachers"])
    path = tmp_path / "copy.jsonl"
    assert "1 entries are in" in run("export_knowledge", path, "--member", "reader")
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text("utf-8")
    assert '"title":"open"' in text
    assert "closed" not in text
    with pytest.raises(CommandError, match="File exists"):
        run("export_knowledge", path, "--member", "reader")
    run("export_knowledge", tmp_path / "copy.zip", "--member", "teacher", "--markdown")
    with zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        assert "en/notes/closed.md" in archive.namelist()
    with pytest.raises(CommandError, match="no active member"):
        run("export_knowledge", tmp_path / "x", "--member", "nobody")
