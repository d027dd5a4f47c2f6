"""The page of one entry: what is on it for this member."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from community_ai.core.clock import now
from consent.access import allowed
from consent.purposes import Purpose
from governance.access import member_of
from governance.models import Member
from governance.refusals import Refused
from knowledge import access
from knowledge.credit import credit_line
from knowledge.kind_words import KIND_WORDS
from knowledge.kinds.label_terms import terms_lines
from knowledge.models import Entry, EntryKind, EntryState, EntryVersion, LabelVersion, Tag, Thanks
from knowledge.parts import parts
from knowledge.rules_of_use import combine
from knowledge.services import entries, shelves
from knowledge.services.entry_labels import ENTRY_LABELS, hanging_on
from knowledge.services.labels import labels_in_force, rules_of_version


@dataclass(frozen=True)
class HangingLabel:
    """A label on an entry. `version` is None for one that nobody can vouch for: it allows nothing."""

    key: str
    version: LabelVersion | None
    lines: list[str]
    may_take_off: bool
    proposal: str


@dataclass(frozen=True)
class ThanksGiven:
    count: int
    mine: bool


def show(request: HttpRequest, entry: Entry, *, problem: Refused | None = None, status: int = 200) -> HttpResponse:
    member, moment = member_of(request), now()
    mine = entry.author_id == member.pk
    labels = labels_of(entry, member=member)
    rules = combine(rules_of_version(label.version) for label in labels)
    context: dict[str, Any] = {
        **wording(request, entry, entry.present),
        "credit": credit_line(entry, rules, member=member, named=access.named([entry.author_id])),
        "labels": labels,
        "themes": themes_of(entry),
        "related": shelves.listed(access.related(entry, member=member, now=moment)),
        "thanks": thanks_of(entry, member=member, moment=moment),
        "mine": mine,
        "alone": mine and not allowed(member_id=member.pk, purpose=Purpose.KNOWLEDGE),
        "published": entry.state == EntryState.PUBLISHED,
        "may_edit": entries.may_edit(member, entry),
        "may_delete": entries.may_delete(member, entry),
        "problem": problem,
    }
    return render(request, "knowledge/entry.html", context, status=status)


def wording(request: HttpRequest, entry: Entry, version: EntryVersion) -> dict[str, Any]:
    """What the pages show of a version; of a long text the part that the address asks for."""
    text = parts(version.body)
    part = _number(request.GET.get("part"), most=len(text))
    return {
        "entry": entry,
        "version": version,
        "words": KIND_WORDS[EntryKind(entry.kind)],
        "text": text[part - 1],
        "part": part,
        "parts": len(text),
    }


def labels_of(entry: Entry, *, member: Member) -> list[HangingLabel]:
    """What hangs on the entry, in the order in which it was put there."""
    rows = hanging_on([entry.pk])[entry.pk]
    if not rows:
        return []
    in_force = labels_in_force()
    found = []
    for row in rows:
        version = in_force.get(row.label_id)
        own = entry.author_id == member.pk == row.put_by_id and row.decision_id is None
        asked = urlencode({"entry": str(entry.pk), "take": row.label.key})
        found.append(
            HangingLabel(
                key=row.label.key,
                version=version,
                lines=terms_lines(version.terms) if version else [],
                may_take_off=own,
                proposal=f"{reverse('governance:proposal_draft', args=[ENTRY_LABELS])}?{asked}",
            )
        )
    return found


def themes_of(entry: Entry) -> list[Tag]:
    return list(entry.tags.order_by("key"))


def thanks_of(entry: Entry, *, member: Member, moment: datetime) -> ThanksGiven:
    """How many members thanked for an entry that is part of the knowledge, and whether this one did."""
    given = access.visible(Thanks, member=member, now=moment).filter(entry=entry)
    counted = given.aggregate(count=Count("pk"), mine=Count("pk", filter=Q(member=member)))
    return ThanksGiven(counted["count"], bool(counted["mine"]))


def _number(text: str | None, *, most: int) -> int:
    """The number of a part that an address names, or 1."""
    named = int(text) if text and len(text) < 6 and text.isascii() and text.isdigit() else 1
    return max(1, min(named, most))
