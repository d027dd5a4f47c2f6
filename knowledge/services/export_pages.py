"""The same copy to be read by people: a zip file of Markdown, one page for a language's words, one for each text."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext
from django.utils.translation import gettext as _

from governance.models import Community, Member
from knowledge.audio_types import ENDINGS
from knowledge.content import content_of
from knowledge.languages import name_of
from knowledge.models import EntryKind
from knowledge.services import audio_notes
from knowledge.services.exports import Whole, wholes
from knowledge.services.labels import labels_in_force

# Looked up rather than read: together in one file.
LOOKED_UP = {EntryKind.TERM: "words", EntryKind.PHRASE: "phrases", EntryKind.QUESTION: "questions"}
FOLDERS = {EntryKind.NOTE: "notes", EntryKind.STORY: "stories", EntryKind.DOCUMENT: "documents"}
LONGEST_NAME = 80


class _Outgoing(io.RawIOBase):
    """A file that only grows and gives away what was written."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._waiting += data
        return len(data)

    def taken(self) -> bytes:
        data, self._waiting = bytes(self._waiting), bytearray()
        return data


def zipped_pages(*, member: Member, now: datetime) -> Iterator[bytes]:
    """The bytes of the zip file as they come to be; nothing is kept but the page that is written now."""
    outgoing = _Outgoing()
    names: set[str] = set()
    with zipfile.ZipFile(outgoing, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.md", _readme(member, now))
        yield outgoing.taken()
        for name, data in _spoken_labels():
            archive.writestr(name, data)
            yield outgoing.taken()
        ordered = wholes(member=member, now=now, order=("language", "kind", "title_plain", "pk"))
        for (language, kind), group in groupby(ordered, key=lambda whole: (whole.entry.language, whole.entry.kind)):
            if kind in LOOKED_UP:
                heading = f"# {name_of(language)}: {EntryKind(kind).label}\n"
                with archive.open(f"{language}/{LOOKED_UP[EntryKind(kind)]}.md", "w") as page:
                    page.write(heading.encode())
                    for whole in group:
                        page.write(f"\n{_page(whole, level=2)}".encode())
                        yield outgoing.taken()
                yield outgoing.taken()
                continue
            for whole in group:
                archive.writestr(
                    _file_name(f"{language}/{FOLDERS[EntryKind(kind)]}", whole.entry.title, names),
                    _page(whole, level=1),
                )
                yield outgoing.taken()
    yield outgoing.taken()


def _readme(member: Member, now: datetime) -> str:
    community = str(Community.objects.first() or "")
    said = [
        f"# {community}",
        _("A copy of what %(community)s knows, as %(member)s could see it on %(day)s.")
        % {"community": community, "member": member, "day": f"{now:%Y-%m-%d}"},
        _("Labels of use hold for this copy too. Please keep them."),
    ]
    return "\n\n".join(said) + "\n"


def _spoken_labels() -> Iterator[tuple[str, str | bytes]]:
    """What labels say aloud: for each that has an audio note the recording, and beside it a page with its text."""
    for version in labels_in_force().values():
        note = audio_notes.note_of(version.audio_note_id or "") if version is not None else None
        if version is None or note is None:
            continue
        name = f"{version.label.key}.{ENDINGS[note.media_type]}"
        words = _("Audio note")
        link = f"[{words}]({name})"
        try:
            yield f"labels/{name}", audio_notes.sound_of(note)
        except audio_notes.Gone:
            link = _("The audio note of this label could not be read.")
        yield f"labels/{version.label.key}.md", f"# {version}\n\n{gettext(version.text)}\n\n{link}\n"


def _page(whole: Whole, *, level: int) -> str:
    content = content_of(whole.versions[-1])
    parts = [f"{'#' * level} {content.title}"]
    if content.pronunciation:
        parts.append(f"*{content.pronunciation}*")
    parts.append(content.body)
    if content.examples:
        lines = (
            f"- {example.text}" + (f" – {example.translation}" if example.translation else "")
            for example in content.examples
        )
        parts.append("\n".join(lines))
    facts = [
        (_("Language"), name_of(whole.entry.language)),
        (_("Themes"), ", ".join(whole.tags)),
        (_("Taught by"), whole.taught_by or ""),
        (_("Source"), content.source),
        (_("Labels of use"), ", ".join(whole.labels)),
        (_("Changed"), f"{whole.versions[-1].written_at:%Y-%m-%d}"),
    ]
    parts.append("\n".join(f"> {name}: {value}  " for name, value in facts if value))
    return "\n\n".join(parts) + "\n"


def _file_name(folder: str, title: str, taken: set[str]) -> str:
    """A name of letters and digits of any script that no other page has, also where capitals do not count."""
    plain = re.sub(r"[^\w]+", "-", unicodedata.normalize("NFC", title)).strip("-_")[:LONGEST_NAME] or "text"
    name, number = f"{folder}/{plain}.md", 1
    while name.casefold() in taken:
        number += 1
        name = f"{folder}/{plain}-{number}.md"
    taken.add(name.casefold())
    return name
