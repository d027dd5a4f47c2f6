"""The lines of an export: JSON that carries an entry whole, so that a community can move, or keep a copy.

The first line says what the file is and how the labels on its entries read; each further one is an entry. Version 1:

    {"format": "community-ai-knowledge", "version": 1, "community": ..., "exported_at": ..., "labels": {key: {...}}}
    {"id", "kind", "language", "title", "body", "pronunciation", "examples", "source", "change_note", "written_at",
     "written_by", "added_at", "taught_by", "tags", "labels", "related", "earlier": [wordings before, the oldest first]}

A label that is spoken too names its recording by its SHA-256 (`audio_note`); the file is in the copy to read.
Names are there only where they may be (`taught_by`, `written_by`; null otherwise).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from knowledge.content import Content, Example, InvalidContent, cleaned, content_of, tag_names
from knowledge.languages import InvalidLanguage, normalised
from knowledge.models import Entry, EntryKind, EntryVersion
from knowledge.reading.signatures import EXPORT_FORMAT
from knowledge.rules_of_use import InvalidTerms, Terms

VERSION = 1
NAME_LENGTH = 80
MOST_VERSIONS = 500
MOST_RELATED = 500


class BadRecord(ValueError):
    """A line that no node would have written. `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


@dataclass(frozen=True)
class Told:
    """One wording in an export."""

    content: Content
    written_at: datetime
    change_note: str
    written_by: str | None


@dataclass(frozen=True)
class Record:
    """One entry in an export; `wordings` has the present one last."""

    id: UUID
    kind: EntryKind
    language: str
    added_at: datetime
    taught_by: str | None
    tags: tuple[str, ...]
    labels: tuple[str, ...]
    related: tuple[UUID, ...]
    wordings: tuple[Told, ...]

    @property
    def present(self) -> Told:
        return self.wordings[-1]


@dataclass(frozen=True)
class Export:
    """A whole export: `labels` says what each of its labels allows."""

    labels: Mapping[str, Terms]
    records: Sequence[Record]


def head_line(*, community: str, labels: Mapping[str, Mapping[str, Any]], now: datetime) -> str:
    return _line(
        {
            "format": EXPORT_FORMAT,
            "version": VERSION,
            "community": community,
            "exported_at": now.isoformat(),
            "labels": dict(labels),
        }
    )


def entry_line(
    *,
    entry: Entry,
    versions: Sequence[EntryVersion],
    names: Sequence[str | None],
    taught_by: str | None,
    tags: Sequence[str],
    labels: Sequence[str],
    related: Sequence[str],
) -> str:
    """One entry; `versions` are all its versions in their order, `names` who wrote each, where that may be said."""
    wordings = [
        {**_content_json(content_of(version)), "change_note": version.change_note,
         "written_at": version.written_at.isoformat(), "written_by": name}
        for version, name in zip(versions, names, strict=True)
    ]  # fmt: skip
    return _line(
        {
            "id": str(entry.pk),
            "kind": entry.kind,
            "language": entry.language,
            **wordings[-1],
            "added_at": entry.created_at.isoformat(),
            "taught_by": taught_by,
            "tags": list(tags),
            "labels": list(labels),
            "related": list(related),
            "earlier": wordings[:-1],
        }
    )


def _line(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def _content_json(content: Content) -> dict[str, Any]:
    return {
        "title": content.title,
        "body": content.body,
        "pronunciation": content.pronunciation,
        "examples": content.examples_json(),
        "source": content.source,
    }


def export_from(lines: Sequence[Mapping[str, Any]]) -> Export:
    """The export in these lines. Raises BadRecord for the first line that cannot be understood, whatever is in it."""
    labels: dict[str, Terms] = {}
    records: list[Record] = []
    for number, line in enumerate(lines, start=1):
        try:
            if number == 1:
                labels = _labels_from(line)
            else:
                records.append(_record_from(line))
        except (KeyError, TypeError, ValueError, AttributeError, InvalidContent, InvalidLanguage, InvalidTerms):
            raise BadRecord(number) from None
    if len({record.id for record in records}) != len(records):
        raise BadRecord(1)
    return Export(labels, records)


def _labels_from(head: Mapping[str, Any]) -> dict[str, Terms]:
    if head["format"] != EXPORT_FORMAT or head["version"] != VERSION:
        raise ValueError(head["version"])
    return {_text(key): Terms.from_json(label["terms"]) for key, label in head["labels"].items()}


def _record_from(line: Mapping[str, Any]) -> Record:
    earlier, related = _list(line["earlier"]), _list(line["related"])
    if len(earlier) > MOST_VERSIONS or len(related) > MOST_RELATED:
        raise ValueError("too many")
    tags = tuple(_text(name) for name in _list(line["tags"]))
    tag_names(tags)
    return Record(
        id=UUID(_text(line["id"])),
        kind=EntryKind(line["kind"]),
        language=normalised(_text(line["language"])),
        added_at=_moment(line["added_at"]),
        taught_by=_name(line["taught_by"]),
        tags=tags,
        labels=tuple(_text(key) for key in _list(line["labels"])),
        related=tuple(UUID(_text(key)) for key in related),
        wordings=tuple(_told(wording) for wording in [*earlier, line]),
    )


def _told(wording: Mapping[str, Any]) -> Told:
    examples = tuple(Example(_text(item["text"]), _text(item["translation"])) for item in _list(wording["examples"]))
    content = Content(
        title=_text(wording["title"]),
        body=_text(wording["body"]),
        pronunciation=_text(wording["pronunciation"]),
        examples=examples,
        source=_text(wording["source"]),
    )
    note = _text(wording["change_note"])
    if len(note) > 300:
        raise ValueError("change_note")
    return Told(cleaned(content), _moment(wording["written_at"]), note, _name(wording["written_by"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value


def _name(value: Any) -> str | None:
    if value is None:
        return None
    name = " ".join(_text(value).split())
    if not name or len(name) > NAME_LENGTH:
        raise ValueError("name")
    return name


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("a moment without its time zone")
    return moment
