"""The only door to rows about a person.

Every read of a `PersonalRow` table starts with one of these functions; nobody filters by hand, and a test finds those
who do. What is not the member's own is not found, in the same words as what does not exist.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Exists, Q, QuerySet

from community_ai.core.clock import now
from community_ai.core.logs import Plain
from consent.models.grant import Grant
from consent.models.personal_row import PersonalRow
from consent.purposes import Purpose

Row = TypeVar("Row", bound=PersonalRow)
logger = logging.getLogger(__name__)


class NotFound(Exception):
    """There is no such row among those that this access may see."""


def own(model: type[Row], *, member: Any) -> QuerySet[Row]:
    """The member's own rows, for showing them to that member and acting on their wish.

    Rows that are kept for a purpose (`PersonalRow.KEPT_FOR`) are out of reach once their time is over, unless the
    member agrees to it at this moment.
    """
    rows = model._default_manager.filter(member=member)
    kept = model.KEPT_FOR
    if kept is None:
        return rows
    agreed = Exists(Grant.objects.in_force(kept.purpose).filter(member=member).order_by())
    return rows.filter(Q(agreed) | Q(**{f"{kept.since}__gt": now() - kept.without}))


def unkept(model: type[Row], *, now: datetime) -> QuerySet[Row]:
    """Rows whose time is over and whose members do not agree that they are kept: for the job that erases them.

    Raises TypeError for a model whose rows are kept for no purpose.
    """
    kept = model.KEPT_FOR
    if kept is None:
        raise TypeError(f"rows of {model.__name__} are kept for no purpose")
    return against(model, purpose=kept.purpose).filter(**{f"{kept.since}__lte": now - kept.without})


def own_row(model: type[Row], *, member: Any, pk: Any) -> Row:
    """One of the member's own rows. Raises NotFound."""
    try:
        return own(model, member=member).get(pk=pk)
    except (model.DoesNotExist, ValidationError):  # ValidationError: `pk` does not even look like a key
        raise NotFound(str(model._meta.verbose_name)) from None


def handed_in(model: type[Row], *, reviewer: Any) -> QuerySet[Row]:
    """Rows that their members handed in to be read by those who review them, while they are handed in.

    The model says who reviews (`REVIEWED_BY`, a permission) and in which states a row is handed in (`HANDED_IN`). A row
    that is withdrawn or decided is out of reach again. Raises TypeError for a model that nobody reviews.
    """
    permission, states = getattr(model, "REVIEWED_BY", None), getattr(model, "HANDED_IN", None)
    if permission is None or states is None:
        raise TypeError(f"rows of {model.__name__} are never handed in")
    rows = model._default_manager.filter(state__in=states)
    return rows if reviewer.is_active and reviewer.may(permission) else rows.none()


def handed_in_row(model: type[Row], *, reviewer: Any, pk: Any) -> Row:
    """One of those. Raises NotFound."""
    try:
        return handed_in(model, reviewer=reviewer).get(pk=pk)
    except (model.DoesNotExist, ValidationError):
        raise NotFound(str(model._meta.verbose_name)) from None


def in_service(model: type[Row]) -> QuerySet[Row]:
    """Rows of any member, for the node's own work on them (answering, recovering, expiring), never for showing.

    Callers may use keys, states and times freely; text only to carry out what its member asked for.
    """
    return model._default_manager.all()


def consenting(purpose: Purpose) -> QuerySet[Grant, int]:
    """The ids of the members who agree to `purpose` at this moment, as a subquery to narrow any other query with.

    Taken back, never given, or given for an older text: not among them.
    """
    return Grant.objects.in_force(purpose).order_by().values_list("member", flat=True)


def for_purpose(rows: type[Row] | QuerySet[Row], *, purpose: Purpose) -> QuerySet[Row]:
    """Rows of those members only who agree to `purpose` at this moment."""
    found = rows if isinstance(rows, QuerySet) else rows._default_manager.all()
    return found.filter(member__in=consenting(purpose))


def against(rows: type[Row] | QuerySet[Row], *, purpose: Purpose) -> QuerySet[Row]:
    """Rows of the other members: what has to go, because `purpose` was the reason to have it."""
    found = rows if isinstance(rows, QuerySet) else rows._default_manager.all()
    return found.exclude(member__in=consenting(purpose))


def allowed(*, member_id: int, purpose: Purpose) -> bool:
    """Whether this member agrees to `purpose` now. When that cannot be found out, they do not."""
    return member_id in agreeing([member_id], purpose=purpose)


def agreeing(member_ids: Iterable[int], *, purpose: Purpose) -> frozenset[int]:
    """Those of these members who agree to `purpose` now, in one query. When it cannot be found out, nobody does."""
    try:
        return frozenset(consenting(purpose).filter(member__in=set(member_ids)))
    except Exception as fault:
        # Not only the database's own errors: whatever goes wrong here means no.
        logger.error("consent could not be looked up, which counts as no: %s", Plain(type(fault).__name__))
        return frozenset()
