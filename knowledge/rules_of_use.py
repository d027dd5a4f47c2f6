"""What labels of use allow: a pure core without database or clock.

One label is one `Terms`. What holds for an entry is the intersection over its labels (`combine`): each label can only
take something away, whatever else hangs on the entry and in whatever order. The idea of such labels comes from the
Traditional Knowledge Labels of Local Contexts (localcontexts.org); names and texts here belong to the community.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from enum import Enum, StrEnum
from typing import Any

MAX_ROLES = 40
# A leap year: 29 February can begin or end a season.
_LEAP = 2024
_MONTH_DAY = re.compile(r"([0-9]{2})-([0-9]{2})")


class Use(StrEnum):
    """What is to be done with an entry."""

    SEE = "see"  # show it to a member
    QUOTE = "quote"  # put it before the AI, for an answer to that member
    LEARN = "learn"  # train the community's adapter with it
    SHARE = "share"  # give it to a neighbour


class Credit(Enum):
    """How an answer names where it has something from; later ones are stricter."""

    NAME = "name"
    COMMUNITY = "community"
    NONE = "none"


_STRICTNESS = list(Credit)


class InvalidTerms(ValueError):
    """Terms that no label can have. `field` names the faulty part."""

    def __init__(self, field: str) -> None:
        super().__init__(f"not valid terms of a label: {field}")
        self.field = field


@dataclass(frozen=True, order=True)
class Season:
    """Days of each year, both ends included, written MM-DD. One that ends before it begins goes over New Year.

    Raises InvalidTerms for what is no day of any year.
    """

    begins: str
    ends: str

    def __post_init__(self) -> None:
        for text in (self.begins, self.ends):
            match = _MONTH_DAY.fullmatch(text) if isinstance(text, str) else None
            try:
                date(_LEAP, *(int(part) for part in match.groups()))  # type: ignore[union-attr]
            except (AttributeError, ValueError):
                raise InvalidTerms("season") from None

    def holds(self, day: date) -> bool:
        """Whether `day` is in the season. 29 February is a day of its own, between the 28th and 1 March."""
        today = f"{day:%m-%d}"
        if self.begins <= self.ends:
            return self.begins <= today <= self.ends
        return today >= self.begins or today <= self.ends


@dataclass(frozen=True)
class Terms:
    """What one label says.

    `see_roles` holds keys of roles of which one is needed; empty means every member. `season` is when it may be seen;
    None means always. `quote`, `learn` and `share` allow the AI to use it in answers, to be trained with it, and the
    community to give it to a neighbour. Raises InvalidTerms.
    """

    see_roles: tuple[str, ...] = ()
    season: Season | None = None
    quote: bool = True
    learn: bool = True
    share: bool = True
    credit: Credit = Credit.NAME

    def __post_init__(self) -> None:
        roles = self.see_roles
        if not isinstance(roles, tuple) or len(roles) > MAX_ROLES:
            raise InvalidTerms("see_roles")
        if any(not isinstance(key, str) or not key for key in roles) or len(set(roles)) != len(roles):
            raise InvalidTerms("see_roles")
        if self.season is not None and not isinstance(self.season, Season):
            raise InvalidTerms("season")
        for name in ("quote", "learn", "share"):
            if type(getattr(self, name)) is not bool:
                raise InvalidTerms(name)
        if not isinstance(self.credit, Credit):
            raise InvalidTerms("credit")

    def to_json(self) -> dict[str, Any]:
        """The canonical form: roles in alphabetical order, the season as [MM-DD, MM-DD] or null."""
        return {
            "see_roles": sorted(self.see_roles),
            "season": [self.season.begins, self.season.ends] if self.season else None,
            "quote": self.quote,
            "learn": self.learn,
            "share": self.share,
            "credit": self.credit.value,
        }

    @classmethod
    def from_json(cls, data: Any) -> Terms:
        """The terms that `data` describes. Raises InvalidTerms on unknown, missing or faulty parts."""
        if not isinstance(data, dict) or set(data) != {field.name for field in fields(cls)}:
            raise InvalidTerms("")
        if not isinstance(data["see_roles"], list):
            raise InvalidTerms("see_roles")
        season = data["season"]
        if season is not None and (not isinstance(season, list) or len(season) != 2):
            raise InvalidTerms("season")
        try:
            credit = Credit(data["credit"])
        except ValueError:
            raise InvalidTerms("credit") from None
        return cls(
            see_roles=tuple(data["see_roles"]),
            season=Season(*season) if season is not None else None,
            quote=data["quote"],
            learn=data["learn"],
            share=data["share"],
            credit=credit,
        )


@dataclass(frozen=True)
class Rules:
    """What holds for an entry with all its labels.

    `circles` are sets of roles: whoever sees it holds one role of each. `seasons` must all be running. `closed` is
    the rule of an entry on which a label hangs that nobody can vouch for: it allows nothing.
    """

    circles: frozenset[frozenset[str]] = frozenset()
    seasons: frozenset[Season] = frozenset()
    quote: bool = True
    learn: bool = True
    share: bool = True
    credit: Credit = Credit.NAME
    closed: bool = False

    def allows(self, use: Use, *, roles: frozenset[str], day: date) -> bool:
        """Whether somebody who holds `roles` may have the entry used so on that day.

        Learning and sharing are for everyone and for good: an adapter or a neighbour does not ask who reads it and
        when. So what only some may see, or only at some times, is neither learnt nor shared.
        """
        if self.closed:
            return False
        if use in (Use.LEARN, Use.SHARE):
            return (self.learn if use is Use.LEARN else self.share) and not self.circles and not self.seasons
        seen = all(circle & roles for circle in self.circles) and all(season.holds(day) for season in self.seasons)
        return seen and (self.quote or use is Use.SEE)


CLOSED = Rules(quote=False, learn=False, share=False, credit=Credit.NONE, closed=True)


def rules_of(terms: Terms) -> Rules:
    """The rules of an entry with this one label."""
    return Rules(
        circles=frozenset([frozenset(terms.see_roles)]) if terms.see_roles else frozenset(),
        seasons=frozenset([terms.season]) if terms.season else frozenset(),
        quote=terms.quote,
        learn=terms.learn,
        share=terms.share,
        credit=terms.credit,
    )


def combine(parts: Iterable[Rules]) -> Rules:
    """The intersection: what all of them allow. Of none, everything."""
    whole = Rules()
    for part in parts:
        whole = Rules(
            circles=whole.circles | part.circles,
            seasons=whole.seasons | part.seasons,
            quote=whole.quote and part.quote,
            learn=whole.learn and part.learn,
            share=whole.share and part.share,
            credit=max(whole.credit, part.credit, key=_STRICTNESS.index),
            closed=whole.closed or part.closed,
        )
    return whole
