"""Passages of published entries: made, renewed and taken away in the transaction that changes the entry.

Triggers of the database carry each change into the index of words and trigrams.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction

from knowledge import hooks, passages
from knowledge.folding import fold
from knowledge.index.removal import removing
from knowledge.models import Entry, EntryKind, EntryState, EntryVersion, Passage

# Kinds that one looks up: title and text are read together, in one passage unless they are long.
_LOOKED_UP = {EntryKind.TERM, EntryKind.PHRASE, EntryKind.QUESTION}


def texts_of(entry: Entry, version: EntryVersion) -> list[str]:
    """The passages of a version, in order."""
    if entry.kind not in _LOOKED_UP:
        return passages.split(version.body)
    head = f"{version.title} ({version.pronunciation})" if version.pronunciation else version.title
    joint = "\n" if entry.kind == EntryKind.QUESTION or "\n" in version.body else ": "
    lines = [f"{head}{joint}{version.body}"]
    lines += [
        f"{example['text']} – {example['translation']}" if example["translation"] else example["text"]
        for example in version.examples
    ]
    whole = "\n".join(lines)
    return [whole] if len(whole) <= passages.MOST_SIGNS else passages.split(whole)


def folded(title: str, text: str) -> str:
    """What is searched of a passage: its text under its title, in one form for all ways of writing."""
    return fold(text if text.startswith(title) else f"{title}\n{text}")


def add(entries: Iterable[tuple[Entry, EntryVersion]]) -> list[Passage]:
    """Write the passages of entries that have none yet, and tell who waits for new ones."""
    rows = Passage.objects.bulk_create(
        Passage(
            entry=entry,
            version=version.number,
            position=position,
            language=entry.language,
            title=version.title,
            text=text,
            folded=folded(version.title, text),
        )
        for entry, version in entries
        for position, text in enumerate(texts_of(entry, version))
    )
    hooks.passages_changed(added=[row.pk for row in rows])
    return rows


def renew(entry: Entry, version: EntryVersion) -> None:
    """Bring an entry's passages to what `version` says: only what is new is written, only what is gone is deleted."""
    old: dict[str, list[Passage]] = {}
    for row in Passage.objects.filter(entry=entry).order_by("-position"):
        old.setdefault(row.text, []).append(row)
    kept: list[Passage] = []
    fresh: list[Passage] = []
    retitled: list[Passage] = []
    for position, text in enumerate(texts_of(entry, version)):
        row = old[text].pop() if old.get(text) else Passage(entry=entry, text=text)
        if row.pk is not None and row.title != version.title:
            retitled.append(row)
        row.version, row.position, row.language, row.title = version.number, position, entry.language, version.title
        row.folded = folded(version.title, text)
        (fresh if row.pk is None else kept).append(row)
    gone = [row.pk for rows in old.values() for row in rows]
    _delete(gone)
    Passage.objects.bulk_update([row for row in kept if row not in retitled], ["version", "position", "language"])
    Passage.objects.bulk_update(retitled, ["version", "position", "language", "title", "folded"])
    fresh = Passage.objects.bulk_create(fresh)
    hooks.passages_changed(added=[row.pk for row in (*fresh, *retitled)], removed=gone)


def remove(entry: Entry) -> None:
    """Take an entry's passages away, because it is no longer part of the knowledge."""
    drop(passage_ids(entry))


def drop(passage_ids: Sequence[int]) -> None:
    """Delete these passages, few or many, and tell who holds something of them. Called inside a transaction."""
    _delete(passage_ids)
    hooks.passages_changed(removed=passage_ids)


def _delete(passage_ids: Sequence[int]) -> None:
    with removing(len(passage_ids)):
        Passage.objects.filter(pk__in=passage_ids).delete()


def passage_ids(entry: Entry) -> Sequence[int]:
    return list(Passage.objects.filter(entry=entry).order_by("position").values_list("pk", flat=True))


def rebuild(entry_id: UUID) -> None:
    """Bring one entry's passages in order, whatever state they are in; survives running twice."""
    with transaction.atomic():
        entry = Entry.objects.select_for_update().select_related("present").filter(pk=entry_id).first()
        if entry is None:
            return
        if entry.state == EntryState.PUBLISHED:
            renew(entry, entry.present)
        else:
            remove(entry)


def rebuild_all() -> int:
    """The same for every entry; returns how many there are."""
    ids = list(Entry.objects.values_list("pk", flat=True))
    for pk in ids:
        rebuild(pk)
    return len(ids)
