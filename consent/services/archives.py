"""What a member takes along: one archive of everything that the node holds about them, made while it is sent.

A ZIP with, for each kind of thing, `json/<kind>.json` for programs and `read/<kind>.md` for people, and a README. The
format is described in docs/privacy.md; `FORMAT` is its version. Nothing of it is left on the node's disk.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from community_ai.core.holdings import Holding, holdings
from governance.models import Community, Member

FORMAT = "community-ai/about-me/1"
_PIECE_BYTES = 64 * 1024


class _Sink:
    """What a ZIP is written into when nobody can go back in it: it keeps what was not sent yet."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        pass

    def taken(self, least: int = 0) -> bytes:
        if len(self._waiting) <= least:
            return b""
        data = bytes(self._waiting)
        self._waiting.clear()
        return data


def archive(*, member: Member, now: datetime) -> Iterator[bytes]:
    """The ZIP, piece by piece."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as zipped:  # type: ignore[call-overload]
        zipped.writestr("README.md", _readme(member, now))
        for held in holdings():
            for name, lines in ((f"json/{held.key}.json", _as_json(held, member, now)),
                                (f"read/{held.key}.md", _to_read(held, member))):  # fmt: skip
                with zipped.open(zipfile.ZipInfo(name, date_time=now.timetuple()[:6]), "w") as file:
                    for line in lines:
                        file.write(line.encode("utf-8", "surrogatepass"))
                        if data := sink.taken(_PIECE_BYTES):
                            yield data
            if data := sink.taken():
                yield data
    yield sink.taken()


def _as_json(held: Holding, member: Member, now: datetime) -> Iterator[str]:
    head = {"format": FORMAT, "made_at": now.isoformat(), "room": held.room, "kind": held.key, "name": str(held.name),
            "why": str(held.why)}  # fmt: skip
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "things": ['
    between = "\n"
    for thing in held.export(member):
        yield between + json.dumps(thing, ensure_ascii=False)
        between = ",\n"
    yield "\n]}\n"


def _to_read(held: Holding, member: Member) -> Iterator[str]:
    yield f"# {held.name}\n\n{held.why}\n"
    number = 0
    for number, thing in enumerate(held.export(member), start=1):
        yield f"\n## {number}\n\n{''.join(_lines(thing, 0))}"
    if not number:
        yield "\n" + _("There is nothing of this kind.") + "\n"


def _lines(value: Any, depth: int) -> Iterator[str]:
    """Any JSON as a nested list of Markdown."""
    indent = "  " * depth
    items = value.items() if isinstance(value, dict) else ((str(place), part) for place, part in enumerate(value, 1))
    for name, part in items:
        if isinstance(part, (dict, list)):
            yield f"{indent}- {name}:\n"
            yield from _lines(part, depth + 1)
        else:
            text = "" if part is None else str(part)
            yield f"{indent}- {name}: " + text.replace("\n", f"\n{indent}  ") + "\n"


def _readme(member: Member, now: datetime) -> str:
    community = Community.objects.first()
    kinds = "".join(f"- `{held.key}`: {held.name}. {held.why}\n" for held in holdings())
    intro = _(
        "This is everything that the node of “%(community)s” holds about %(name)s. The folder “read” is for people, "
        "the folder “json” holds the same for programs."
    ) % {"community": community, "name": member}
    format_line = _("Format: %(format)s, made %(when)s.") % {"format": FORMAT, "when": now.isoformat()}
    return f"# {_('What the AI knows about me')}\n\n{intro}\n\n{format_line}\n\n{kinds}"
