"""The only door to entries, their versions and their passages.

Every read starts with one of these functions: they narrow a table to what the labels of use let this member have, in
this use, on this day. The condition goes into the query, so that nothing hidden is ever counted, ranked or cut off
with the rest; nobody filters by hand, and a test finds those who do. There is no way round for an administrator.

Whatever is more than showing an entry also needs its author's agreement at that moment (`PURPOSE_OF`), in the same
query. An author sees their own entries whatever hangs on them, and the AI may use them for the author who asks; but a
label's word on quoting holds for the author too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from consent.access import agreeing, consenting
from consent.access import in_service as personal_in_service
from consent.purposes import Purpose
from governance.models import Member
from governance.permissions import Permission
from governance.services.appointments import role_keys_of
from knowledge.models import (
    Correction,
    Entry,
    EntryLabel,
    EntryState,
    EntryVersion,
    LabelVersion,
    Passage,
    Tag,
    Thanks,
)
from knowledge.rules_of_use import Rules, Use, combine
from knowledge.services.entry_labels import genuine_removals, hanging_on
from knowledge.services.labels import labels_in_force, rules_in_force, rules_of_version

Row = TypeVar("Row", bound=Model)

# From each guarded table to its entry.
_WAY: dict[type[Model], str] = {Entry: "", EntryVersion: "entry__", Passage: "entry__", Thanks: "entry__"}

# What the author has to agree to for each use. A use that is not here is refused (KeyError), but for SEE: what somebody
# taught the community stays readable for it.
PURPOSE_OF: Mapping[Use, Purpose] = {
    Use.QUOTE: Purpose.KNOWLEDGE,
    Use.LEARN: Purpose.TRAINING,
    Use.SHARE: Purpose.SHARING,
}


class NotFound(Exception):
    """There is no such row among those that this member may have."""


def visible(rows: type[Row] | QuerySet[Row], *, member: Member, now: datetime) -> QuerySet[Row]:
    """What is part of the community's knowledge and this member may see: `usable` for `Use.SEE`."""
    return usable(rows, member=member, use=Use.SEE, now=now)


def usable(rows: type[Row] | QuerySet[Row], *, member: Member | None, use: Use, now: datetime) -> QuerySet[Row]:
    """Published entries, or their versions, passages or thanks, that `use` may have at this moment.

    `member` is who sees or asks, for SEE and QUOTE. LEARN and SHARE are for nobody in particular, so they take None:
    what only some may see, or only at some times, is in neither. Raises ValueError for the other combinations.
    """
    if (member is None) is (use in (Use.SEE, Use.QUOTE)):
        raise ValueError(f"{use} with {'no' if member is None else 'a'} member")
    found = _all(rows)
    if member is not None and not member.is_active:
        return found.none()
    return found.filter(condition(_WAY[found.model], member=member, use=use, now=now))


def reachable(rows: type[Row] | QuerySet[Row], *, member: Member, now: datetime) -> QuerySet[Row]:
    """What is visible, and beyond it the member's own drafts and what they put aside.

    Members who review what is taught also reach what was put aside, as far as its labels let them.
    """
    found = _all(rows)
    if not member.is_active:
        return found.none()
    way = _WAY[found.model]
    own = Q(**{f"{way}author": member}) & ~Q(**{f"{way}state": EntryState.FORGOTTEN})
    wanted = condition(way, member=member, use=Use.SEE, now=now) | own
    if member.may(Permission.TEACH):
        opened = _allowing(rules_in_force(), use=Use.SEE, roles=role_keys_of(member), now=now)
        put_aside = Q(**{f"{way}state": EntryState.RETIRED})
        wanted |= put_aside & _nothing_hangs(way, but=opened, removed=genuine_removals(outside=opened))
    return found.filter(wanted)


def reachable_row(
    rows: type[Row] | QuerySet[Row], *, member: Member, pk: Any, now: datetime, together: Sequence[str] = ()
) -> Row:
    """One row of those, `together` with rows that it refers to (see `select_related`).

    Raises NotFound, in the same words for what is hidden and what does not exist.
    """
    found = reachable(rows, member=member, now=now)
    if together:
        found = found.select_related(*together)
    try:
        return found.get(pk=pk)
    except (ObjectDoesNotExist, ValidationError, ValueError):  # the last two: `pk` does not look like a key
        raise NotFound(str(found.model._meta.verbose_name)) from None


def condition(way: str, *, member: Member | None, use: Use, now: datetime) -> Q:
    """The condition itself, for a query whose rows reach their entry by the prefix `way` ("", "entry__", ...)."""
    rules = rules_in_force()
    roles = role_keys_of(member) if member is not None else frozenset()
    opened = _allowing(rules, use=use, roles=roles, now=now)
    removed = genuine_removals(outside=opened)
    allowed = _nothing_hangs(way, but=opened, removed=removed)
    if use is not Use.SEE:
        allowed &= _agreed_to(way, use)
    if member is not None:
        own = Q(**{f"{way}author": member})
        if use is not Use.SEE:
            # The author sees it anyway; whether the AI may have it is for the labels to say, for the author too.
            quotable = [pk for pk, rule in rules.items() if rule.quote and not rule.closed]
            own &= _nothing_hangs(way, but=quotable, removed=removed)
        allowed |= own
    return Q(**{f"{way}state": EntryState.PUBLISHED}) & allowed


def related(entry: Entry, *, member: Member, now: datetime) -> QuerySet[Entry]:
    """The entries that `entry` is related to, as far as the member may see them."""
    return visible(entry.related.all(), member=member, now=now)


def tags(*, member: Member, now: datetime) -> QuerySet[Tag]:
    """The themes under which the member sees at least one entry."""
    links = Entry.tags.through.objects.filter(condition("entry__", member=member, use=Use.SEE, now=now))
    found = Tag.objects.filter(pk__in=links.values("tag"))
    return found if member.is_active else found.none()


def labels_on(entry_ids: Iterable[UUID]) -> dict[UUID, list[LabelVersion | None]]:
    """What hangs on these entries now, as it is in force; None for a label that nobody can vouch for.

    The ids are those of entries that came through this door.
    """
    in_force = labels_in_force()
    return {pk: [in_force.get(row.label_id) for row in rows] for pk, rows in hanging_on(entry_ids).items()}


def rules_on(entry_ids: Iterable[UUID]) -> dict[UUID, Rules]:
    """What holds for these entries with all their labels; an answer's credit follows `Rules.credit`."""
    return {pk: combine(map(rules_of_version, versions)) for pk, versions in labels_on(entry_ids).items()}


def named(author_ids: Iterable[int | None]) -> frozenset[int]:
    """Those of these members whose names may stand beside what they taught, as far as its labels allow names."""
    return agreeing((pk for pk in author_ids if pk is not None), purpose=Purpose.CREDIT)


def in_service(model: type[Row]) -> QuerySet[Row]:
    """Rows of any entry, for the node's own work on them (indexing, measuring, deleting), never for showing."""
    return _all(model)


def _all(rows: type[Row] | QuerySet[Row]) -> QuerySet[Row]:
    return rows if isinstance(rows, QuerySet) else rows._default_manager.all()


def _day(now: datetime) -> date:
    """The day at the community's place, by which seasons begin and end."""
    return timezone.localtime(now, timezone.get_default_timezone()).date()


def _allowing(rules: Mapping[int, Rules], *, use: Use, roles: frozenset[str], now: datetime) -> list[int]:
    """The labels that allow it. A label that is not among them closes, known or not."""
    day = _day(now)
    return [pk for pk, rule in rules.items() if rule.allows(use, roles=roles, day=day)]


def _agreed_to(way: str, use: Use) -> Q:
    """The author agrees to it now, and so does the member whose correction a teacher made the entry of.

    What is nobody's any more, because its author left it here when they went, may be quoted. It is neither learnt nor
    shared: that cannot be taken back, and there is nobody who could agree.
    """
    agree = consenting(PURPOSE_OF[use])
    agreed = Q(**{f"{way}author__in": agree})
    if use is Use.QUOTE:
        agreed |= Q(**{f"{way}author": None})
    # Only a correction that became an entry leads to one; asked by it alone, the entry's index answers.
    corrections = personal_in_service(Correction).filter(entry=OuterRef(f"{way}pk"))
    return agreed & ~Q(Exists(corrections.exclude(member__in=agree).order_by()))


def _nothing_hangs(way: str, *, but: Sequence[int], removed: Sequence[int]) -> Q:
    """No label hangs on the entry but these, and those that were genuinely taken off."""
    hanging = EntryLabel.objects.filter(entry=OuterRef(f"{way}pk")).exclude(label__in=but).exclude(pk__in=removed)
    return ~Q(Exists(hanging.order_by()))
