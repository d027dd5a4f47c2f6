"""How long what ages is kept: the rule in force for each kind of data, and deleting what is over.

In force is what the last carried-out decision says whose row carries the node's seal, else the default that comes with
the software.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise

from community_ai.core.holdings import holding
from community_ai.core.housekeeping import wipe_deleted_text
from consent.models import RetentionRule
from consent.retention import Ageing, ageing_named, ageings
from consent.services import erasure
from governance import seals
from governance.models import Decision, Member, Outcome
from governance.services.decisions import is_genuine

RETENTION = "retention"
_PURPOSE = "retention-rule"


@dataclass(frozen=True)
class InForce:
    """`days` for one kind of data, and the decision that says so; None for the default of the software."""

    ageing: Ageing
    days: int
    decision: Decision | None

    @property
    def sentence(self) -> str | Promise:
        return self.ageing.rule(self.days)


def in_force(key: str) -> InForce:
    """The rule for one kind of data. Raises UnknownAgeing."""
    ageing = ageing_named(key)
    for row in RetentionRule.objects.filter(data=key).select_related("decision").order_by("-pk"):
        if ageing.least <= row.days <= ageing.most and is_genuine_rule(row):
            return InForce(ageing, row.days, row.decision)
    return InForce(ageing, ageing.default, None)


def all_in_force() -> list[InForce]:
    return [in_force(ageing.key) for ageing in ageings()]


def sentence_for(key: str) -> str | Promise:
    """Until when this kind of data is kept, in words. Raises UnknownAgeing."""
    return in_force(key).sentence


def is_genuine_rule(row: RetentionRule) -> bool:
    """Whether the node wrote this row, for a carried-out decision that says the same."""
    decision = row.decision
    return (
        seals.holds(_PURPOSE, _content(row), row.seal)
        and decision.kind == RETENTION
        and decision.outcome == Outcome.CARRIED_OUT
        and decision.payload_hash == seals.canonical_hash(payload_of(row.data, row.days))
        and is_genuine(decision)
    )


def payload_of(key: str, days: int) -> dict[str, Any]:
    """The payload of a proposal that puts `days` in force for one kind of data."""
    return {"what": key, "days": days}


def put_in_force(*, key: str, days: int, decision: Decision, now: datetime) -> RetentionRule:
    """The effect of a decision."""
    row = RetentionRule(data=key, days=days, decision=decision, made_at=now)
    row.seal = seals.seal(_PURPOSE, _content(row))
    row.save(force_insert=True)
    return row


def deciding_rows() -> list[int]:
    """Ids of the decisions that the rows name."""
    return list(RetentionRule.objects.values_list("decision_id", flat=True))


def over(key: str, *, days: int, now: datetime, member: Member | None = None) -> int | None:
    """How many rows a rule of `days` would delete at once, of everybody or of one member; None for what is no row.

    Raises UnknownAgeing.
    """
    ageing = ageing_named(key)
    if ageing.rows is None:
        return None
    rows = ageing.rows(now - timedelta(days=days))
    return int((rows if member is None else rows.filter(member=member)).count())


def expire(*, now: datetime, seconds: float) -> tuple[int, bool]:
    """Delete what is over, some at a time, for about `seconds`: how much went, and whether all of it did."""
    until, gone = time.monotonic() + seconds, 0
    for rule in all_in_force():
        before = now - timedelta(days=rule.days)
        if rule.ageing.sweep is not None:
            gone += rule.ageing.sweep(before.date())
            continue
        while some := _expire_some(rule.ageing, before=before, now=now):
            gone += some
            if time.monotonic() > until:
                return gone, False
    return gone, True


def _expire_some(ageing: Ageing, *, before: datetime, now: datetime) -> int:
    """What is over of one member, up to what one line of the ledger holds; zero when nothing is left."""
    rows: QuerySet[Any] = ageing.rows(before)  # type: ignore[misc]
    member = Member.objects.filter(pk__in=rows.order_by().values("member")).order_by("pk").first()
    if member is None:
        return 0
    with transaction.atomic():
        # Asked again under the lock: something may have happened to one of them meanwhile.
        mine = rows.filter(member=member).order_by("pk").select_for_update()
        keys = [str(pk) for pk in mine.values_list("pk", flat=True)[: erasure.MOST_KEYS]]
        if ageing.ledger:
            erasure.note_pieces(member=member, kind=ageing.holding, keys=keys, now=now)
        erase = holding(ageing.holding).erase_pieces
        gone = erase(member_id=member.pk, keys=keys, now=now) if erase is not None else 0
        transaction.on_commit(wipe_deleted_text)
    return gone


def _content(row: RetentionRule) -> dict[str, Any]:
    return {"data": row.data, "days": row.days, "decision": row.decision_id}
