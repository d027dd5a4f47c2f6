"""Entries: written, revised, put aside, brought back, thanked for, related; by whom, and what nobody loses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from governance.models import AuditEntry, Member
from knowledge import access, hooks
from knowledge.content import MAX_EXAMPLES, MAX_TAGS, Content, Example, InvalidContent, content_of
from knowledge.models import BODY_LENGTH, TITLE_LENGTH, Entry, EntryKind, EntryState, EntryVersion, Passage, Tag, Thanks
from knowledge.services import entries
from knowledge.services.entries import (
    MayNotDelete,
    MayNotEdit,
    NoSuchEntry,
    NotNow,
    OwnEntry,
    Stale,
)
from tests.knowledge.conftest import DECEMBER, JUNE, add, new


def texts(entry: Entry) -> list[str]:
    return list(Passage.objects.filter(entry=entry).order_by("position").values_list("text", flat=True))


def kinds_recorded() -> list[str]:
    return list(AuditEntry.objects.order_by("index").values_list("kind", flat=True))


# --- Writing --------------------------------------------------------------------------------------------------------


def test_a_word_is_kept_as_it_was_written(author: Member) -> None:
    entry = add(
        author,
        "  Llamk'ay ",
        "To work\r\ntogether.\x00",
        kind=EntryKind.TERM,
        language="QU",
        pronunciation="[ʎamˈkʼaj]",
        examples=(Example("Llamk'ani.", "I work."), Example("  ")),
        source="Grandmother",
        tags=["Work", "work", "Füße"],
    )
    version = EntryVersion.objects.get(entry=entry)
    assert (entry.title, entry.title_key, entry.language, entry.state) == (
        "Llamk'ay", "llamk'ay", "qu", EntryState.PUBLISHED
    )  # fmt: skip
    assert (entry.present, version.number, version.author, entry.author) == (version, 1, author, author)
    assert (version.body, version.examples) == (
        "To work\ntogether.", [{"text": "Llamk'ani.", "translation": "I work."}]
    )  # fmt: skip
    assert content_of(version).examples == (Example("Llamk'ani.", "I work."),)
    assert sorted(entry.tags.values_list("name", flat=True)) == ["Füße", "Work"]
    assert texts(entry) == ["Llamk'ay ([ʎamˈkʼaj])\nTo work\ntogether.\nLlamk'ani. – I work."]


@pytest.mark.parametrize(
    ("field", "content", "changes"),
    [
        ("title", Content(" ", "x"), {}),
        ("title", Content("?!", "x"), {}),
        ("title", Content("x" * (TITLE_LENGTH + 1), "x"), {}),
        ("body", Content("x", " \n\t"), {}),
        ("body", Content("x", "y" * (BODY_LENGTH + 1)), {}),
        ("pronunciation", Content("x", "x", pronunciation="p" * 201), {}),
        ("source", Content("x", "x", source="s" * 501), {}),
        ("examples", Content("x", "x", examples=(Example("e"),) * (MAX_EXAMPLES + 1)), {}),
        ("examples", Content("x", "x", examples=(Example("e" * 1001),)), {}),
        ("tags", Content("x", "x"), {"tags": [f"t{number}" for number in range(MAX_TAGS + 1)]}),
        ("tags", Content("x", "x"), {"tags": ["t" * 61]}),
        ("language", Content("x", "x"), {"language": "Quechua!"}),
        ("language", Content("x", "x"), {"language": ""}),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(
    author: Member, field: str, content: Content, changes: dict[str, Any]
) -> None:
    fields = {"kind": EntryKind.NOTE, "language": "en", **changes}
    with pytest.raises(InvalidContent) as refused:
        entries.add(author=author, new=entries.NewEntry(content=content, **fields), now=JUNE)
    assert refused.value.field == field
    assert str(refused.value)
    assert not Entry.objects.exists()
    assert not Tag.objects.exists()


def test_the_longest_document_fits(author: Member) -> None:
    entry = add(author, "Long", "wordy " * (BODY_LENGTH // 6), kind=EntryKind.DOCUMENT)
    assert "".join(texts(entry)).count("wordy") == BODY_LENGTH // 6


def test_a_draft_is_its_authors_alone_until_it_is_published(author: Member, teacher: Member, reader: Member) -> None:
    entry = add(author, "Song", publish=False)
    assert not Passage.objects.exists()
    assert kinds_recorded().count("entry.published") == 0
    assert access.reachable_row(Entry, member=author, pk=entry.pk, now=JUNE) == entry
    assert not access.visible(Entry, member=author, now=JUNE).exists()
    for member in (teacher, reader):
        with pytest.raises(access.NotFound):
            access.reachable_row(Entry, member=member, pk=entry.pk, now=JUNE)
        with pytest.raises(NoSuchEntry):
            entries.publish(entry_id=entry.pk, by=member, now=JUNE)
    entries.publish(entry_id=entry.pk, by=author, now=DECEMBER)
    assert access.visible(Entry, member=reader, now=JUNE).get() == entry
    assert texts(entry) == ["What it means."]
    with pytest.raises(NotNow):
        entries.publish(entry_id=entry.pk, by=author, now=JUNE)


# --- Revising -------------------------------------------------------------------------------------------------------


def test_a_revision_keeps_every_version_and_renews_the_passages(author: Member, teacher: Member) -> None:
    entry = add(author, "Song", "One.\n\n" + "word " * 150 + "\n\n" + "more " * 150)
    before = dict(Passage.objects.filter(entry=entry).values_list("text", "pk"))
    changed = Content("Song", "Two.\n\n" + "word " * 150 + "\n\n" + "more " * 150)
    entry = entries.revise(
        entry_id=entry.pk, by=teacher, base=1, content=changed, change_note="One is Two", now=DECEMBER
    )
    versions = list(EntryVersion.objects.filter(entry=entry).order_by("number"))
    assert [(row.number, row.author, row.change_note) for row in versions] == [
        (1, author, ""), (2, teacher, "One is Two")
    ]  # fmt: skip
    assert (entry.present, entry.author, entry.changed_at) == (versions[1], author, DECEMBER)
    after = dict(Passage.objects.filter(entry=entry).values_list("text", "pk"))
    assert {text: before[text] for text in before.keys() & after.keys()} == {
        text: after[text] for text in before.keys() & after.keys()
    }
    assert len(before.keys() - after.keys()) == len(after.keys() - before.keys()) == 1
    assert set(Passage.objects.values_list("version", flat=True)) == {2}
    assert kinds_recorded()[-1] == "entry.revised"


def test_who_writes_over_an_old_version_is_told_and_loses_nothing(author: Member, teacher: Member) -> None:
    entry = add(author, "Song", "First.")
    entries.revise(entry_id=entry.pk, by=teacher, base=1, content=Content("Song", "Second."), now=JUNE)
    with pytest.raises(Stale) as refused:
        entries.revise(entry_id=entry.pk, by=author, base=1, content=Content("Song", "Mine."), now=JUNE)
    assert (refused.value.present.number, refused.value.present.body) == (2, "Second.")
    assert "still here" in str(refused.value)
    assert EntryVersion.objects.filter(entry=entry).count() == 2
    entries.revise(entry_id=entry.pk, by=author, base=2, content=Content("Song", "Mine."), now=JUNE)
    assert texts(entry) == ["Mine."]


def test_saving_without_a_change_writes_no_version(author: Member) -> None:
    entry = add(author, "Song", "Text.", tags=["a"])
    entry = entries.revise(entry_id=entry.pk, by=author, base=1, content=Content(" Song ", "Text.\r\n"), now=DECEMBER)
    assert (entry.present.number, entry.changed_at) == (1, JUNE)


def test_kind_language_and_themes_are_revised_too(author: Member) -> None:
    entry = add(author, "Song", "Text.", tags=["a", "b"])
    entry = entries.revise(
        entry_id=entry.pk,
        by=author,
        base=1,
        content=Content("Song", "Text."),
        kind=EntryKind.TERM,
        language="x-velari",
        tags=["B", "c"],
        now=JUNE,
    )
    assert (entry.kind, entry.language, entry.present.number) == (EntryKind.TERM, "x-velari", 2)
    assert list(Tag.objects.values_list("name", flat=True)) == ["b", "c"]
    assert texts(entry) == ["Song: Text."]
    assert Passage.objects.get().language == "x-velari"


def test_a_new_title_changes_what_is_found(author: Member) -> None:
    entry = add(author, "Old name", "Text.")
    passage = Passage.objects.get(entry=entry)
    entries.revise(entry_id=entry.pk, by=author, base=1, content=Content("New name", "Text."), now=JUNE)
    again = Passage.objects.get(entry=entry)
    assert (again.pk, again.title, again.folded) == (passage.pk, "New name", " new name text ")


def test_others_do_not_write(author: Member, reader: Member, teacher: Member) -> None:
    entry = add(author, "Song")
    for act in (
        lambda: entries.revise(entry_id=entry.pk, by=reader, base=1, content=Content("a", "b"), now=JUNE),
        lambda: entries.retire(entry_id=entry.pk, by=reader, now=JUNE),
        lambda: entries.restore(entry_id=entry.pk, by=reader, now=JUNE),
        lambda: entries.relate(entry_id=entry.pk, other_id=entry.pk, by=reader, now=JUNE),
    ):
        with pytest.raises(MayNotEdit):
            act()
    for member in (reader, teacher):
        with pytest.raises(MayNotDelete):
            entries.delete(entry_id=entry.pk, by=member, now=JUNE)
    assert Entry.objects.get().present.number == 1


def test_who_cannot_see_an_entry_cannot_tell_it_from_none(author: Member, reader: Member) -> None:
    entry = add(author, "Song", labels=["teachers"])
    with pytest.raises(NoSuchEntry):
        entries.revise(entry_id=entry.pk, by=reader, base=1, content=Content("a", "b"), now=JUNE)
    with pytest.raises(NoSuchEntry):
        entries.delete(entry_id=entry.pk, by=reader, now=JUNE)


# --- Putting aside --------------------------------------------------------------------------------------------------


def test_what_is_put_aside_is_found_by_its_author_and_those_who_review(
    author: Member, teacher: Member, reader: Member
) -> None:
    entry = add(author, "Song")
    entries.retire(entry_id=entry.pk, by=teacher, now=JUNE)
    assert not Passage.objects.exists()
    assert not access.visible(Entry, member=author, now=JUNE).exists()
    for member in (author, teacher):
        assert access.reachable(Entry, member=member, now=JUNE).get() == entry
    assert not access.reachable(Entry, member=reader, now=JUNE).exists()
    with pytest.raises(NotNow):
        entries.retire(entry_id=entry.pk, by=teacher, now=JUNE)
    entries.revise(entry_id=entry.pk, by=author, base=1, content=Content("Song", "Better."), now=JUNE)
    assert not Passage.objects.exists()
    entries.restore(entry_id=entry.pk, by=author, now=JUNE)
    assert texts(entry) == ["Better."]
    assert access.visible(Entry, member=reader, now=JUNE).get() == entry


# --- Thanks and relations -------------------------------------------------------------------------------------------


def test_thanks_count_once_and_not_for_oneself(author: Member, reader: Member) -> None:
    entry = add(author, "Song")
    assert entries.thank(entry_id=entry.pk, member=reader, now=JUNE)
    assert not entries.thank(entry_id=entry.pk, member=reader, now=JUNE)
    with pytest.raises(OwnEntry):
        entries.thank(entry_id=entry.pk, member=author, now=JUNE)
    assert Thanks.objects.count() == 1


def test_relations_go_both_ways_and_end(author: Member, teacher: Member) -> None:
    one, two = add(author, "One"), add(author, "Two")
    entries.relate(entry_id=one.pk, other_id=two.pk, by=teacher, now=JUNE)
    assert list(access.related(two, member=author, now=JUNE)) == [one]
    with pytest.raises(NoSuchEntry):
        entries.relate(entry_id=one.pk, other_id=one.pk, by=author, now=JUNE)
    entries.unrelate(entry_id=two.pk, other_id=one.pk, by=author, now=JUNE)
    assert not access.related(one, member=author, now=JUNE).exists()


# --- Many at once ---------------------------------------------------------------------------------------------------


def test_many_are_added_once_however_often(author: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "BATCH", 4)
    items = [new(f"Word {number}", import_key=f"list:{number}", tags=["list"]) for number in range(10)]
    first = entries.add_many(author=author, new=[*items, items[0]], now=JUNE)
    assert (len(first.entry_ids), first.known) == (10, 1)
    again = entries.add_many(author=author, new=items, now=JUNE)
    assert (again.entry_ids, again.known) == ([], 10)
    more = entries.add_many(author=author, new=[new("No key"), new("No key")], now=JUNE)
    assert len(more.entry_ids) == 2
    assert Entry.objects.count() == Passage.objects.count() == 12
    assert Tag.objects.count() == 1
    assert kinds_recorded().count("entries.added") == 4
    assert add(author, "Other title", import_key="list:3") == Entry.objects.get(import_key="list:3")


def test_one_faulty_entry_undoes_its_batch_alone(author: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "BATCH", 2)
    items = [new(title, import_key=title or "empty") for title in ("a", "b", "c", "", "e")]
    with pytest.raises(InvalidContent):
        entries.add_many(author=author, new=items, now=JUNE)
    assert sorted(Entry.objects.values_list("title", flat=True)) == ["a", "b"]


def test_who_waits_for_passages_is_told_of_each_change(author: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Any, list[int]]] = []

    def changed(*, added: Sequence[int], removed: Sequence[int]) -> None:
        told.append((list(added), list(removed)))

    def forgotten(*, entry_id: UUID, passage_ids: Sequence[int]) -> None:
        told.append((entry_id, list(passage_ids)))

    monkeypatch.setattr(hooks, "_passages_changed", [changed])
    monkeypatch.setattr(hooks, "_forgotten", [forgotten])
    entry = add(author, "Song", "One.")
    first = Passage.objects.get().pk
    entries.revise(entry_id=entry.pk, by=author, base=1, content=Content("Song", "Two."), now=JUNE)
    second = Passage.objects.get().pk
    entries.delete(entry_id=entry.pk, by=author, now=JUNE)
    assert told == [([first], []), ([second], [first]), (entry.pk, [second]), ([], [second])]
