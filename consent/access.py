"""The only door to rows about a person.

Every read of a `PersonalRow` table starts with one of these functions; nobody filters by hand, and a test finds those
who do. What is not the member's own is not found, in the same words as what does not exist.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from consent.models.personal_row import PersonalRow

Row = TypeVar("Row", bound=PersonalRow)


class NotFound(Exception):
    """There is no such row among those that this access may see."""


def own(model: type[Row], *, member: Any) -> QuerySet[Row]:
    """The member's own rows, for showing them to that member and acting on their wish."""
    return model._default_manager.filter(member=member)


def own_row(model: type[Row], *, member: Any, pk: Any) -> Row:
    """One of the member's own rows. Raises NotFound."""
    try:
        return own(model, member=member).get(pk=pk)
    except (model.DoesNotExist, ValidationError):  # ValidationError: `pk` does not even look like a key
        raise NotFound(str(model._meta.verbose_name)) from None


def in_service(model: type[Row]) -> QuerySet[Row]:
    """Rows of any member, for the node's own work on them (answering, recovering, expiring), never for showing.

    Callers may use keys, states and times freely; text only to carry out what its member asked for.
    """
    return model._default_manager.all()
