"""Which of the entries of an import are new: asked before it, for the preview, and again while it is made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice

from governance.models import Member
from knowledge import access, titles
from knowledge.content import Content, content_of
from knowledge.importing.items import EXPORTED, Fault, Item
from knowledge.importing.plan import Plan
from knowledge.models import Entry

PORTION = 200
SHOWN = 10
SHOWN_FAULTS = 20


class Verdict(StrEnum):
    NEW = "new"
    # It was imported before, stands twice in the file, or somebody wrote the same words.
    KNOWN = "known"
    # There is another entry with this title: left out, unless the plan adds it.
    ALIKE = "alike"
    FAULTY = "faulty"


@dataclass(frozen=True)
class Sifted:
    item: Item | Fault
    verdict: Verdict


class Sieve:
    """Sorts items portion by portion, in their order. What the member may not see counts as not there."""

    def __init__(self, *, member: Member, plan: Plan, sha256: str, now: datetime) -> None:
        self._member, self._plan, self._sha256, self._now = member, plan, sha256, now
        self._seen: set[bytes] = set()

    def skip(self, items: Iterable[Item | Fault]) -> None:
        """Remember items that an earlier run has sorted."""
        for item in items:
            if isinstance(item, Item):
                self._seen.add(_fingerprint(item))

    def sort(self, items: Sequence[Item | Fault]) -> list[Sifted]:
        whole = [item for item in items if isinstance(item, Item)]
        imported = self._imported(whole)
        present = self._present(whole)
        return [Sifted(item, self._verdict(item, imported, present)) for item in items]

    def key_of(self, item: Item) -> str:
        """The entry's `import_key`: its place in this very file."""
        return import_key(self._sha256, item.place)

    def _verdict(
        self, item: Item | Fault, imported: set[str], present: dict[tuple[str, str, str], list[Content]]
    ) -> Verdict:
        if isinstance(item, Fault):
            return Verdict.FAULTY
        fingerprint = _fingerprint(item)
        twice = fingerprint in self._seen
        self._seen.add(fingerprint)
        if twice or self.key_of(item) in imported:
            return Verdict.KNOWN
        alike = present.get(_title(item), [])
        if any((content.title, content.body) == (item.content.title, item.content.body) for content in alike):
            return Verdict.KNOWN
        return Verdict.ALIKE if alike and not self._plan.add_alike else Verdict.NEW

    def _imported(self, items: Sequence[Item]) -> set[str]:
        entries = access.in_service(Entry)
        keys = [self.key_of(item) for item in items]
        found = set(entries.filter(import_key__in=keys).values_list("import_key", flat=True))
        exported = [key.removeprefix(EXPORTED) for key in keys if key.startswith(EXPORTED)]
        found |= {f"{EXPORTED}{pk}" for pk in entries.filter(pk__in=exported).values_list("pk", flat=True)}
        return {key for key in found if key}

    def _present(self, items: Sequence[Item]) -> dict[tuple[str, str, str], list[Content]]:
        keys = {titles.key(item.content.title) for item in items}
        rows = access.visible(Entry, member=self._member, now=self._now).filter(title_key__in=keys)
        found: dict[tuple[str, str, str], list[Content]] = {}
        for entry in rows.select_related("present"):
            place = (entry.kind, entry.language, entry.title_key)
            found.setdefault(place, []).append(content_of(entry.present))
        return found


def import_key(sha256: str, place: str) -> str:
    """Of what comes from an export its id, of everything else the place in the very file."""
    return place if place.startswith(EXPORTED) else f"{sha256[:40]}:{place}"


def _title(item: Item) -> tuple[str, str, str]:
    return item.kind, item.language, titles.key(item.content.title)


def _fingerprint(item: Item) -> bytes:
    said = (item.kind, item.language, item.content.title, item.content.body)
    return hashlib.blake2b("\0".join(said).encode(), digest_size=16).digest()


def portions(items: Iterable[Item | Fault]) -> Iterator[list[Item | Fault]]:
    rest = iter(items)
    while portion := list(islice(rest, PORTION)):
        yield portion


@dataclass
class Survey:
    """What an import would do: how many of each verdict, the first entries as they would be, and the first faults."""

    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    first: list[Item] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def new(self) -> int:
        return self.counts[Verdict.NEW]


def survey(items: Iterable[Item | Fault], sieve: Sieve) -> Survey:
    result = Survey()
    for portion in portions(items):
        for sifted in sieve.sort(portion):
            result.counts[sifted.verdict] += 1
            item = sifted.item
            if isinstance(item, Fault):
                result.faults += [item] if len(result.faults) < SHOWN_FAULTS else []
            elif sifted.verdict is Verdict.NEW and len(result.first) < SHOWN:
                result.first.append(item)
    return result
