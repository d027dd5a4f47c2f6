"""How entries stand on their shelves: by language, by kind, by letter, by theme, by label.

Each function takes entries that came through `knowledge.access`, and counts nothing beyond them. The number of queries
does not grow with the number of entries.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.db.models.functions import Substr

from knowledge.languages import direction_of, name_of
from knowledge.models import Entry, EntryKind, EntryLabel, Tag
from knowledge.services.entry_labels import genuine_removals

# Kinds that stand in a dictionary.
DICTIONARY_KINDS = (EntryKind.TERM, EntryKind.PHRASE)
# Words on a page of a dictionary.
PER_PAGE = 100
# As much of a text as a line of a list may need, Markdown's signs included.
SHORT = 400


@dataclass(frozen=True)
class LanguageShelf:
    code: str
    name: str
    direction: str
    count: int


@dataclass(frozen=True)
class Letter:
    """A letter that titles begin with: how many do, and how many stand before the first of them."""

    sign: str
    count: int
    before: int

    @property
    def page(self) -> int:
        """The page of the dictionary on which it begins."""
        return self.before // PER_PAGE + 1

    @property
    def place(self) -> str:
        """The name of the place on that page."""
        return f"letter-{self.before + 1}"


def listed(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """What a line of a list shows: `short`, the beginning of the text, and `said`, the pronunciation."""
    return (
        entries.select_related("present")
        .defer("present__body", "present__examples")
        .annotate(short=Substr("present__body", 1, SHORT))
    )


def languages(entries: QuerySet[Entry]) -> list[LanguageShelf]:
    """The languages of these entries, by their names."""
    counts = entries.order_by().values_list("language").annotate(Count("pk"))
    shelves = [LanguageShelf(code, name_of(code), direction_of(code), count) for code, count in counts]
    return sorted(shelves, key=lambda shelf: shelf.name.casefold())


def commonest_language(entries: QuerySet[Entry]) -> str:
    """The code of the language in which most of these entries are; "" of none."""
    counts = entries.order_by().values("language").annotate(count=Count("pk")).order_by("-count", "language")
    return counts.values_list("language", flat=True).first() or ""


def dictionary_of(entries: QuerySet[Entry], language: str) -> QuerySet[Entry]:
    """The words and phrases of a language, in alphabetical order; `initial` is the first sign of each."""
    return (
        entries.filter(language=language, kind__in=DICTIONARY_KINDS)
        .annotate(initial=Substr("title_plain", 1, 1))
        .order_by("initial", "title_plain", "title_key", "pk")
    )


def letters(dictionary: QuerySet[Entry]) -> list[Letter]:
    """The letters of a dictionary, in its order."""
    found: list[Letter] = []
    before = 0
    for initial, count in dictionary.order_by("initial").values_list("initial").annotate(Count("pk")):  # type: ignore[misc]
        sign = letter_of(initial)
        if found and found[-1].sign == sign:
            found[-1] = replace(found[-1], count=found[-1].count + count)
        else:
            found.append(Letter(sign, count, before))
        before += count
    return found


def letter_of(initial: str) -> str:
    """The letter under which a title stands that begins with this sign; digits stand together."""
    if not initial or unicodedata.category(initial)[0] == "M":
        return "…"
    if unicodedata.category(initial)[0] == "N":
        return "0–9"
    # A Korean syllable stands under its first consonant.
    name = unicodedata.name(unicodedata.normalize("NFD", initial)[0], "")
    if name.startswith("HANGUL CHOSEONG "):
        return unicodedata.lookup(name.replace("CHOSEONG", "LETTER"))
    return initial.title()


def by_letter(page: Sequence[Entry], letters: Sequence[Letter], *, before: int) -> list[tuple[Letter, list[Entry]]]:
    """The entries of a page under their letters; `before` is how many stand on the pages before it."""
    shelves = []
    for letter in letters:
        start, end = letter.before - before, letter.before + letter.count - before
        if entries := page[max(0, start) : max(0, end)]:
            shelves.append((letter, list(entries)))
    return shelves


def kinds(entries: QuerySet[Entry]) -> dict[str, int]:
    """How many entries there are of each kind."""
    return dict(entries.order_by().values_list("kind").annotate(Count("pk")))


def themes(tags: QuerySet[Tag], entries: QuerySet[Entry]) -> list[tuple[Tag, int]]:
    """These themes in alphabetical order, with the number of these entries under each."""
    links = Entry.tags.through.objects.filter(Exists(entries.filter(pk=OuterRef("entry_id"))))
    counts = dict(links.order_by().values_list("tag_id").annotate(Count("pk")))
    return [(tag, counts[tag.pk]) for tag in tags.order_by("key") if tag.pk in counts]


def label_counts(entries: QuerySet[Entry]) -> dict[int, int]:
    """On how many of these entries each label hangs, by the label's id."""
    hanging = EntryLabel.objects.filter(Exists(entries.filter(pk=OuterRef("entry_id")))).exclude(
        pk__in=genuine_removals()
    )
    return dict(hanging.order_by().values_list("label_id").annotate(Count("entry_id", distinct=True)))


def with_label(entries: QuerySet[Entry], label_id: int) -> QuerySet[Entry]:
    """Those of the entries on which this label hangs."""
    hanging = EntryLabel.objects.filter(label=label_id).exclude(pk__in=genuine_removals())
    return entries.filter(pk__in=hanging.values("entry"))
