"""What an answer stands on, for the cards below it: as far as the member may see it today."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consent.access import own
from governance.models import Member
from inference.models import Citation, Lookup
from knowledge.access import named, rules_on, visible
from knowledge.credit import CreditLine, credit_line
from knowledge.models import Entry


@dataclass(frozen=True)
class Card:
    """A citation with its entry. `text` is what the answer used; `changed` says that the entry has a newer version."""

    number: int
    entry: Entry
    text: str
    changed: bool
    credit: CreditLine


@dataclass(frozen=True)
class Grounds:
    """What came of looking into the knowledge for an answer, and the cards below it."""

    outcome: Lookup.Outcome
    cards: tuple[Card, ...] = ()


def grounds_of(*, member: Member, answer_ids: Collection[UUID], now: datetime) -> dict[UUID, Grounds]:
    """For the member's own answers, by answer; those for which nobody looked are left out.

    An entry that a label keeps from the member by now, or that is no longer part of the knowledge, has no card.
    """
    lookups = own(Lookup, member=member).filter(answer__in=answer_ids)
    cited = list(own(Citation, member=member).filter(lookup__answer__in=answer_ids).select_related("lookup"))
    entry_ids = {row.entry_id for row in cited}
    seen = visible(Entry, member=member, now=now).select_related("author", "present").in_bulk(entry_ids)
    rules = rules_on(seen)
    agreeing = named(entry.author_id for entry in seen.values())
    cards: dict[UUID, list[Card]] = {}
    for row in sorted(cited, key=lambda row: row.number):
        entry = seen.get(row.entry_id)
        if entry is not None:
            card = Card(
                number=row.number,
                entry=entry,
                text=row.text,
                changed=entry.present.number != row.version,
                credit=credit_line(entry, rules[entry.pk], member=member, named=agreeing),
            )
            cards.setdefault(row.lookup.answer_id, []).append(card)
    return {row.answer_id: Grounds(Lookup.Outcome(row.outcome), tuple(cards.get(row.answer_id, ()))) for row in lookups}
