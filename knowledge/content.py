"""What an entry says, as one checked value. No database.

Text is kept as it was typed but for what nobody can see: line ends become \\n, control characters go, and the spelling
of composed letters is NFC. HTML stays text: it is shown escaped, and Markdown is rendered without it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.refusals import Refused
from knowledge import titles
from knowledge.models import BODY_LENGTH, TITLE_LENGTH
from knowledge.models.tag import TAG_LENGTH

PRONUNCIATION_LENGTH = 200
SOURCE_LENGTH = 500
CHANGE_NOTE_LENGTH = 300
MAX_EXAMPLES = 50
EXAMPLE_LENGTH = 1_000
MAX_TAGS = 20

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")


class InvalidContent(Refused):
    """This cannot stand in an entry. `field` names the faulty part."""

    def __init__(self, sentence: str | Promise, *, field: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Example:
    """A sentence that shows a word in use, and what it means."""

    text: str
    translation: str = ""


@dataclass(frozen=True)
class Content:
    """The wording of an entry; see `knowledge.models.EntryVersion` for what each part is."""

    title: str
    body: str
    pronunciation: str = ""
    examples: tuple[Example, ...] = ()
    source: str = ""

    def examples_json(self) -> list[dict[str, str]]:
        return [{"text": example.text, "translation": example.translation} for example in self.examples]


def cleaned(content: Content) -> Content:
    """The content as it can be kept. Raises InvalidContent for what is missing or too long."""
    title = line(content.title, "title", most=TITLE_LENGTH)
    if not titles.key(title):
        raise InvalidContent(_("Please write the word, the question or a title."), field="title")
    body = tidy(content.body).strip("\n").rstrip()
    if not body.strip():
        raise InvalidContent(_("Please write what it means, or the text."), field="body")
    if len(body) > BODY_LENGTH:
        raise InvalidContent(_too_long(BODY_LENGTH), field="body")
    if len(content.examples) > MAX_EXAMPLES:
        raise InvalidContent(
            _("At most %(most)s examples fit on one entry.") % {"most": MAX_EXAMPLES}, field="examples"
        )
    examples = (
        Example(
            line(example.text, "examples", most=EXAMPLE_LENGTH),
            line(example.translation, "examples", most=EXAMPLE_LENGTH),
        )
        for example in content.examples
    )
    return Content(
        title=title,
        body=body,
        pronunciation=line(content.pronunciation, "pronunciation", most=PRONUNCIATION_LENGTH),
        examples=tuple(example for example in examples if example.text),
        source=line(content.source, "source", most=SOURCE_LENGTH),
    )


def content_of(version: Any) -> Content:
    """What a version of an entry says."""
    return Content(
        title=version.title,
        body=version.body,
        pronunciation=version.pronunciation,
        examples=examples_from(version.examples),
        source=version.source,
    )


def examples_from(data: Sequence[Mapping[str, str]]) -> tuple[Example, ...]:
    return tuple(Example(item["text"], item.get("translation", "")) for item in data)


def tag_names(names: Sequence[str]) -> dict[str, str]:
    """The names of themes by their keys, each once, as the first was written. Raises InvalidContent."""
    found: dict[str, str] = {}
    for name in names:
        written = line(name, "tags", most=TAG_LENGTH)
        if key := titles.key(written):
            found.setdefault(key, written)
    if len(found) > MAX_TAGS:
        raise InvalidContent(_("At most %(most)s themes fit on one entry.") % {"most": MAX_TAGS}, field="tags")
    return found


def line(text: str, field: str, *, most: int) -> str:
    """One line without spaces around it. Raises InvalidContent when it is too long."""
    written = " ".join(tidy(text).split())
    if len(written) > most:
        raise InvalidContent(_too_long(most), field=field)
    return written


def tidy(text: str) -> str:
    """NFC, \\n as the end of lines, and nothing that nobody can see."""
    return unicodedata.normalize("NFC", _CONTROL.sub("", _LINE_ENDS.sub("\n", text)))


def _too_long(most: int) -> str | Promise:
    return _("This is too long: at most %(most)s characters fit here.") % {"most": f"{most:,}"}
