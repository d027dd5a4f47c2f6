"""A copy holds all that its member may see and nothing else, and comes back on another node as it was."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from consent.purposes import Purpose
from governance.models import AuditEntry, Member
from knowledge import access
from knowledge.content import Content, Example
from knowledge.models import Entry, EntryKind, EntryVersion, ImportState, Label, LabelVersion, Tag
from knowledge.services import entries, entry_labels, exports, import_work, imports
from knowledge.services.export_pages import zipped_pages
from knowledge.services.import_refusals import LabelsMissing
from tests.agreeing import take_back
from tests.knowledge.conftest import JUNE, add
from tests.knowledge.importing import bring, fresh, imported, run

LATER = JUNE + timedelta(days=3)


def lines_of(member: Member) -> list[str]:
    return list(exports.json_lines(member=member, now=LATER))


def entries_in(member: Member) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(member)[1:]]


@pytest.fixture
def knowledge(teacher: Member, author: Member) -> None:
    """Entries of every kind, with versions of several members, labels, themes, examples and relations."""
    velu = add(
        author,
        "velu",
        "water\n\nor *rain* | with <b>signs</b>",
        kind=EntryKind.TERM,
        language="x-velari",
        tags=["Nature", "Food"],
        labels=["community", "no-learning"],
        pronunciation="ˈvelu",
        examples=(Example("Velu tami.", "Water comes."), Example("Velu!")),
        source="The elders",
    )
    entries.revise(
        entry_id=velu.pk, by=teacher, base=1, content=Content("velu", "water"), change_note="Shorter", now=LATER
    )
    story = add(teacher, "The long way", "Once.\n\n" * 40, kind=EntryKind.STORY, language="es")
    add(teacher, "The long way", "Another.", kind=EntryKind.STORY, language="es", labels=["nameless"])
    add(author, "كلمة", "معنى", kind=EntryKind.TERM, language="ar")
    add(author, "How?", "So.", kind=EntryKind.QUESTION)
    add(author, "Tools", "A list.", kind=EntryKind.DOCUMENT, labels=["teachers"])
    entries.relate(entry_id=velu.pk, other_id=story.pk, by=author, now=LATER)


def test_the_copy_holds_what_its_member_may_see(knowledge: None, reader: Member, teacher: Member) -> None:
    titles = [entry["title"] for entry in entries_in(reader)]
    assert sorted(titles) == sorted(access.visible(Entry, member=reader, now=LATER).values_list("title", flat=True))
    assert "Tools" not in titles
    assert "Tools" not in "".join(lines_of(reader))
    assert "Tools" in [entry["title"] for entry in entries_in(teacher)]
    velu = next(entry for entry in entries_in(reader) if entry["title"] == "velu")
    assert velu["body"] == "water"
    assert velu["change_note"] == "Shorter"
    assert velu["earlier"][0]["examples"][0] == {"text": "Velu tami.", "translation": "Water comes."}
    assert velu["tags"] == ["Food", "Nature"]
    assert velu["labels"] == ["community", "no-learning"]
    assert len(velu["related"]) == 1


def test_drafts_and_what_was_put_aside_stay(knowledge: None, author: Member) -> None:
    add(author, "Unfinished", publish=False)
    aside = add(author, "Aside")
    entries.retire(entry_id=aside.pk, by=author, now=LATER)
    assert not {"Unfinished", "Aside"} & {entry["title"] for entry in entries_in(author)}


def test_only_names_that_may_leave_are_named(knowledge: None, author: Member, teacher: Member, reader: Member) -> None:
    take_back(author, Purpose.CREDIT)
    by_title = {(entry["title"], entry["body"]): entry for entry in entries_in(teacher)}
    assert by_title["The long way", ("Once.\n\n" * 40).strip()]["taught_by"] == "teacher"
    assert by_title["The long way", "Another."]["taught_by"] is None  # its label wants no name
    velu = by_title["velu", "water"]
    assert (velu["taught_by"], velu["written_by"], velu["earlier"][0]["written_by"]) == (None, "teacher", None)
    assert not [line for line in lines_of(reader) if '_by":"author"' in line]
    assert [line for line in lines_of(reader) if '_by":"teacher"' in line]
    take_back(teacher, Purpose.CREDIT)
    assert not [line for member in (reader, teacher) for line in lines_of(member) if '_by":"' in line]


def empty_node() -> None:
    """What another node would have: members and labels, and nothing that is known."""
    for entry in Entry.objects.all():
        entries.forget(entry=entry, actor=None, now=LATER)
    assert not EntryVersion.objects.exists()
    assert not Tag.objects.exists()


def test_there_and_back_is_the_same(
    knowledge: None, teacher: Member, person: Callable[..., Member], reader: Member
) -> None:
    before = lines_of(teacher)
    empty_node()
    newcomer = person("newcomer", "member", "teacher")
    batch = bring(newcomer, "".join(before).encode(), "copy.jsonl", now=LATER)
    look = imports.look(member=newcomer, batch=batch, now=LATER)
    assert (look.survey.new, look.survey.total, look.labels_missing) == (6, 6, [])
    imports.begin(member=newcomer, batch_id=batch.pk, now=LATER)
    run(batch, now=LATER)
    assert fresh(batch).state == ImportState.DONE
    assert lines_of(newcomer) == before
    # Labels bind the copy as they bound the original.
    assert "Tools" not in [entry["title"] for entry in entries_in(reader)]
    # Again brings nothing.
    again = bring(newcomer, "".join(before).encode(), "copy.jsonl", now=LATER)
    assert imports.look(member=newcomer, batch=again, now=LATER).survey.new == 0


def test_what_is_changed_after_the_return_is_named_by_its_own_rule(
    knowledge: None, author: Member, teacher: Member, person: Callable[..., Member]
) -> None:
    take_back(author, Purpose.CREDIT)
    before = lines_of(teacher)
    empty_node()
    newcomer = person("newcomer", "member", "teacher")
    batch = bring(newcomer, "".join(before).encode(), "copy.jsonl", now=LATER)
    imports.begin(member=newcomer, batch_id=batch.pk, now=LATER)
    run(batch, now=LATER)
    velu = Entry.objects.get(title="velu")
    entries.revise(entry_id=velu.pk, by=newcomer, base=2, content=Content("velu", "wet"), now=LATER)
    told = next(entry for entry in entries_in(newcomer) if entry["title"] == "velu")
    assert [wording["written_by"] for wording in [*told["earlier"], told]] == [None, "teacher", "newcomer"]
    assert told["taught_by"] is None


def copy_of(line: dict[str, Any], head: dict[str, Any]) -> bytes:
    return (json.dumps(head) + "\n" + json.dumps(line) + "\n").encode()


def test_labels_that_are_missing_or_weaker_here_stop_the_import(knowledge: None, teacher: Member) -> None:
    head, *_, last = [json.loads(line) for line in lines_of(teacher)]
    last |= {"id": "6a5b7c1e-0000-4000-8000-000000000001", "labels": ["initiated"]}
    head["labels"]["initiated"] = head["labels"]["teachers"]
    batch = bring(teacher, copy_of(last, head), "copy.jsonl", now=LATER)
    assert imports.look(member=teacher, batch=batch, now=LATER).labels_missing == ["initiated"]
    with pytest.raises(LabelsMissing):
        imports.begin(member=teacher, batch_id=batch.pk, now=LATER)
    last["labels"] = ["community"]
    head["labels"]["community"]["terms"]["see_roles"] = ["elder"]  # there it hides; here it would not
    batch = bring(teacher, copy_of(last, head), "copy.jsonl", now=LATER)
    with pytest.raises(LabelsMissing):
        imports.begin(member=teacher, batch_id=batch.pk, now=LATER)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "no uuid"},
        {"id": None},
        {"kind": "spell"},
        {"language": "no language!"},
        {"title": ""},
        {"title": ["a"]},
        {"body": None},
        {"examples": [{"text": 1, "translation": ""}]},
        {"examples": "none"},
        {"tags": ["a" * 100]},
        {"labels": [7]},
        {"related": ["x"]},
        {"added_at": "yesterday"},
        {"written_at": "2026-06-01T12:00:00"},
        {"taught_by": "x" * 200},
        {"earlier": [{}]},
        {"earlier": {}},
        {"change_note": "x" * 301},
        {"pronunciation": "x" * 5_000},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_line_that_no_node_wrote_refuses_the_file(knowledge: None, teacher: Member, change: dict[str, Any]) -> None:
    head, line, *_ = [json.loads(line) for line in lines_of(teacher)]
    batch = bring(teacher, copy_of({**line, **change}, head), "copy.jsonl", now=LATER)
    assert (batch.state, batch.refusal, batch.refusal_facts) == (ImportState.REFUSED, "bad_line", {"line": 2})


def test_times_from_the_future_become_now_and_nobody_elses_entry_is_overwritten(
    knowledge: None, teacher: Member, person: Callable[..., Member]
) -> None:
    head, line, *_ = [json.loads(line) for line in lines_of(teacher)]
    secret = add(person("elder", "elder"), "hidden", labels=["seasonal"])
    line |= {"id": str(secret.pk), "title": "mine now"}
    other = {**line, "id": "6a5b7c1e-0000-4000-8000-000000000002", "title": "new", "added_at": "2099-01-01T00:00:00Z"}
    data = "\n".join(json.dumps(part) for part in (head, line, other)).encode()
    batch = bring(teacher, data, "copy.jsonl", now=LATER)
    imports.begin(member=teacher, batch_id=batch.pk, now=LATER)
    run(batch, now=LATER)
    secret.refresh_from_db()
    assert secret.title == "hidden"
    assert Entry.objects.get(title="new").created_at == LATER


def test_a_copy_to_read(knowledge: None, reader: Member) -> None:
    data = b"".join(zipped_pages(member=reader, now=LATER))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        pages = {name: archive.read(name).decode() for name in archive.namelist()}
    assert sorted(pages) == [
        "README.md",
        "ar/words.md",
        "en/questions.md",
        "es/stories/The-long-way-2.md",
        "es/stories/The-long-way.md",
        "x-velari/words.md",
    ]
    assert "The Weavers" in pages["README.md"]
    assert "## velu\n\nwater\n" in pages["x-velari/words.md"]
    assert "> Themes: Food, Nature" in pages["x-velari/words.md"]
    assert not [page for page in pages.values() if "Tools" in page]


def test_a_copy_asks_the_database_in_portions(teacher: Member, django_assert_max_num_queries: Any) -> None:
    imported(teacher, ("word,meaning\n" + "".join(f"w{n},m{n}\n" for n in range(450))).encode())
    with django_assert_max_num_queries(80):
        assert len(lines_of(teacher)) == 451


def test_making_a_copy_stands_in_the_record(knowledge: None, reader: Member) -> None:
    assert exports.begin(member=reader, now=LATER) == len(entries_in(reader))
    assert json.loads(AuditEntry.objects.get(kind="knowledge.exported").leaf)["facts"] == {"count": 5}


def test_what_becomes_hidden_while_the_copy_is_made_is_not_in_it(
    teacher: Member, author: Member, reader: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PORTION", 1)
    add(author, "first")
    second = add(author, "second", now=LATER)
    stream = exports.json_lines(member=reader, now=LATER)
    next(stream)
    assert json.loads(next(stream))["title"] == "first"
    entry_labels.put_on(entry_id=second.pk, label="teachers", by=teacher, now=LATER)
    assert list(stream) == []
    assert Label.objects.count() == LabelVersion.objects.count()
    assert import_work.standing_still(now=LATER) == []
