"""What an entry said before: its versions, and what changed from each to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from community_ai.core.clock import now
from governance.access import member_of
from governance.models import Member
from knowledge import access
from knowledge.credit import writer
from knowledge.differences import Piece, differences
from knowledge.kind_words import KIND_WORDS
from knowledge.models import Entry, EntryKind, EntryVersion
from knowledge.services import history
from knowledge.views import entry_page
from knowledge.views.access import member_page, reachable_entry

PER_PAGE = 5
# Signs of changed text shown of one version: the whole of it is a page of its own.
MOST_SHOWN = 6_000


@dataclass(frozen=True)
class Change:
    """One part of an entry that changed, as pieces; `cut` if there is more than fits."""

    name: str | Promise
    pieces: list[Piece]
    cut: bool


@dataclass(frozen=True)
class Told:
    """A version, who wrote it as far as one may know, and what it changed; `changes` is empty for the first."""

    version: EntryVersion
    writer: str
    changes: list[Change]


@require_safe
@member_page
def versions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The versions of an entry, the newest first, each with what it changed."""
    entry, member = reachable_entry(request, pk), member_of(request)
    rows = _versions(entry, member)
    page = Paginator(rows.order_by("-number"), PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    older = rows.filter(number=shown[-1].number - 1).first() if shown else None
    rules = access.rules_on([entry.pk])[entry.pk]
    named = access.named(version.author_id for version in shown)
    told = [
        _told(entry, version, before, partial(writer, rules=rules, member=member_of(request), named=named))
        for version, before in zip(shown, [*shown[1:], older], strict=True)
    ]
    return render(request, "knowledge/versions.html", {"entry": entry, "told": told, "page": page})


@require_safe
@member_page
def version(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """One version as it was."""
    entry, member = reachable_entry(request, pk), member_of(request)
    row = _versions(entry, member).filter(number=number).first()
    if row is None:
        raise Http404
    rules = access.rules_on([entry.pk])[entry.pk]
    context = {
        **entry_page.wording(request, entry, row),
        "writer": writer(row.author, rules, member=member, named=access.named([row.author_id])),
    }
    return render(request, "knowledge/version.html", context)


def _versions(entry: Entry, member: Member) -> QuerySet[EntryVersion]:
    rows = access.reachable(EntryVersion, member=member, now=now()).select_related("author")
    return history.readable(rows, entry=entry, member=member)


def _told(
    entry: Entry, version: EntryVersion, before: EntryVersion | None, name: Callable[[Member | None], str]
) -> Told:
    changes = list(_changes(entry, before, version)) if before is not None else []
    return Told(version, name(version.author), changes)


def _changes(entry: Entry, before: EntryVersion, after: EntryVersion) -> Iterator[Change]:
    words = KIND_WORDS[EntryKind(entry.kind)]
    for name, old, new in (
        (words.title, before.title, after.title),
        (_("Pronunciation"), before.pronunciation, after.pronunciation),
        (words.text, before.body, after.body),
        (_("Examples"), _examples(before.examples), _examples(after.examples)),
        (_("Where it comes from"), before.source, after.source),
    ):
        if old != new:
            yield _cut(name, differences(old, new))


def _cut(name: str | Promise, pieces: list[Piece]) -> Change:
    kept: list[Piece] = []
    left = MOST_SHOWN
    for piece in pieces:
        if left <= 0:
            return Change(name, kept, cut=True)
        kept.append(Piece(piece.kind, piece.text[:left]))
        left -= len(piece.text)
    return Change(name, kept, cut=left < 0)


def _examples(rows: list[dict[str, str]]) -> str:
    return "\n".join(" – ".join(filter(None, (row["text"], row["translation"]))) for row in rows)
