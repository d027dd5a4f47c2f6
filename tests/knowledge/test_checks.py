"""What the doctor says of the knowledge's index and languages, and what mends it. Labels: see test_labels."""

from __future__ import annotations

import io

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from community_ai.core.append_only import missing_guards
from community_ai.core.doctor import Health
from governance.models import Member
from knowledge.checks import check_index, check_languages
from knowledge.index.tables import missing_parts
from knowledge.languages import InvalidLanguage, direction_of, name_of, normalised
from knowledge.models import Entry, EntryState, Passage
from tests.knowledge.conftest import add


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_whole_index_is_well(author: Member) -> None:
    assert check_index().health is Health.OK
    add(author, "Song")
    assert check_index().sentence == "The index holds all 1 passages."
    assert missing_parts() == missing_guards() == []


def test_an_entry_without_its_passages_is_named_and_mended(author: Member) -> None:
    entry = add(author, "Song", "Text.")
    Passage.objects.all().delete()
    finding = check_index()
    assert finding.health is Health.FAILURE
    assert str(entry.pk) in finding.sentence
    said = io.StringIO()
    call_command("reindex_knowledge", stdout=said)
    assert said.getvalue() == "1 entries are in order.\n"
    assert Passage.objects.get().text == "Text."
    assert check_index().health is Health.OK


def test_passages_of_what_is_put_aside_are_named_and_mended(author: Member) -> None:
    add(author, "Song")
    Entry.objects.update(state=EntryState.RETIRED)
    assert "passages too many: 1" in check_index().sentence
    call_command("reindex_knowledge", stdout=io.StringIO())
    assert not Passage.objects.exists()
    assert check_index().health is Health.OK


@pytest.mark.skipif(bool(settings.DATABASE_URL), reason="PostgreSQL derives its index from the rows")
def test_an_index_that_lost_step_is_found_and_mended(author: Member) -> None:
    add(author, "Song", "About honey.")
    (passage,) = Passage.objects.all()
    sql(f"INSERT INTO knowledge_words (knowledge_words, rowid, folded) VALUES ('delete', {passage.pk}, ' x ')")  # noqa: S608
    finding = check_index()
    assert finding.health is Health.FAILURE
    assert "knowledge_words" in finding.sentence
    assert finding.cure == "manage.py reindex_knowledge --all"
    call_command("reindex_knowledge", "--all", stdout=io.StringIO())
    assert check_index().health is Health.OK


def test_a_missing_part_of_the_index_is_named(author: Member) -> None:
    part = "knowledge_words" if connection.vendor == "postgresql" else "knowledge_passage_index_drop"
    sql(f"DROP {'INDEX' if connection.vendor == 'postgresql' else 'TRIGGER'} {part}")
    finding = check_index()
    assert finding.health is Health.FAILURE
    assert part in finding.sentence


def test_odd_languages_are_named(author: Member) -> None:
    add(author, "Song", language="qu")
    assert check_languages().sentence == "The knowledge speaks one language."
    Entry.objects.update(language="No code!")
    assert check_languages().health is Health.WARNING


@pytest.mark.parametrize(
    ("code", "name", "direction"),
    [
        ("qu", "Runa simi", "ltr"),
        ("es", "Spanish", "ltr"),
        ("es-pe", "Spanish (PE)", "ltr"),
        ("ar", "Arabic", "rtl"),
        ("zh-hant", "Traditional Chinese", "ltr"),
        ("ku-arab", "Kurdî (Arab)", "rtl"),
        ("x-velari", "Velari", "ltr"),
        ("x-old-velari", "Old Velari", "ltr"),
        ("tlh", "tlh", "ltr"),
    ],
)
def test_languages_have_names_and_directions(code: str, name: str, direction: str) -> None:
    assert (normalised(code), name_of(code), direction_of(code)) == (code, name, direction)


@pytest.mark.parametrize("code", ["", "q", "Quechua", "quechua", "es_", "es--pe", "x", "x-", "qu qu", "é", "a" * 40])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(InvalidLanguage):
        normalised(code)


def test_codes_have_one_spelling() -> None:
    assert normalised(" ES_pe ") == "es-pe"
