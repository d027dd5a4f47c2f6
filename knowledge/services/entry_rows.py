"""Rows of entries and their versions, made from what was typed or imported. They are written only from services."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.utils.translation import gettext_lazy as _

from governance.models import Member
from knowledge import titles
from knowledge.content import CHANGE_NOTE_LENGTH, Content, InvalidContent, cleaned, line
from knowledge.languages import InvalidLanguage, normalised
from knowledge.models import Entry, EntryKind, EntryState, EntryVersion, Tag
from knowledge.services import entry_labels, indexing
from knowledge.services.tags import tags_named


@dataclass(frozen=True)
class Wording:
    """A version of an entry as it was written before, for what comes back from an export."""

    content: Content
    written_at: datetime
    change_note: str = ""


@dataclass(frozen=True)
class NewEntry:
    """What is needed for an entry. `labels` are keys of labels; `import_key` names its place in an import.

    What comes back from an export has its `entry_id` and `added_at`, and in `earlier` the versions before `content`,
    which itself was written at `written_at` with `change_note`.
    """

    kind: EntryKind
    language: str
    content: Content
    tags: Sequence[str] = ()
    labels: Sequence[str] = ()
    import_key: str | None = None
    entry_id: UUID | None = None
    added_at: datetime | None = None
    written_at: datetime | None = None
    change_note: str = ""
    earlier: Sequence[Wording] = ()


def write(
    new: Iterable[NewEntry], *, author: Member, publish: bool, now: datetime, by: Member | None = None
) -> list[tuple[Entry, EntryVersion]]:
    """Rows of new entries and their present versions, in a handful of statements however many there are.

    The rows alone: callers hold the transaction and write the record. Raises Refused.
    """
    pairs, tags, labels = [], {}, {}
    earlier: list[EntryVersion] = []
    for item in new:
        content = cleaned(item.content)
        note = line(item.change_note, "change_note", most=CHANGE_NOTE_LENGTH)
        entry = Entry(
            id=item.entry_id or uuid4(),
            kind=item.kind,
            language=_language(item.language),
            state=EntryState.PUBLISHED if publish else EntryState.DRAFT,
            author=author,
            created_at=item.added_at or now,
            changed_at=item.written_at or now,
            import_key=item.import_key,
        )
        set_title(entry, content.title)
        earlier += [
            version_of(
                entry,
                cleaned(wording.content),
                number=number,
                author=author,
                note=line(wording.change_note, "change_note", most=CHANGE_NOTE_LENGTH),
                now=wording.written_at,
            )
            for number, wording in enumerate(item.earlier, start=1)
        ]
        number = len(item.earlier) + 1
        version = version_of(entry, content, number=number, author=author, note=note, now=item.written_at or now)
        # The version's row comes a moment later: the database checks the reference at the commit.
        entry.present = version
        pairs.append((entry, version))
        tags[entry.pk], labels[entry.pk] = item.tags, item.labels
    Entry.objects.bulk_create([entry for entry, _version in pairs])
    EntryVersion.objects.bulk_create([*earlier, *(version for _entry, version in pairs)])
    _tag(tags)
    entry_labels.hang(labels, by=by or author, decision=None, now=now)
    if publish:
        indexing.add(pairs)
    return pairs


def _tag(names: dict[UUID, Sequence[str]]) -> None:
    through = Entry.tags.through
    known: dict[str, Tag] = {}
    through.objects.bulk_create(
        through(entry_id=entry_id, tag_id=tag.pk)
        for entry_id, wanted in names.items()
        for tag in tags_named(wanted, known=known)
    )


def version_of(
    entry: Entry, content: Content, *, number: int, author: Member, note: str, now: datetime
) -> EntryVersion:
    """The row of a version, not written yet."""
    return EntryVersion(
        entry=entry,
        number=number,
        title=content.title,
        body=content.body,
        pronunciation=content.pronunciation,
        examples=content.examples_json(),
        source=content.source,
        change_note=note,
        author=author,
        written_at=now,
    )


def set_title(entry: Entry, title: str) -> None:
    """Give the row a title in the three forms in which it stands there."""
    entry.title, entry.title_key, entry.title_plain = title, titles.key(title), titles.plain(title)


def set_kind_and_language(entry: Entry, kind: EntryKind | None, language: str | None) -> bool:
    """Give the row what is not None; returns whether that is anything new. Raises InvalidContent."""
    wanted = (kind or entry.kind, _language(language) if language is not None else entry.language)
    changed = wanted != (entry.kind, entry.language)
    entry.kind, entry.language = wanted
    return changed


def _language(code: str) -> str:
    try:
        return normalised(code)
    except InvalidLanguage:
        raise InvalidContent(_("This is no code of a language, such as qu or x-velari."), field="language") from None
